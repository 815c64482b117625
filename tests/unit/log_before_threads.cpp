// spdlog makes its logger when it is first used. Made here, before a test starts a thread, it is no data race to ThreadSanitizer, which
// does not see how the library guards it.

#include <spdlog/spdlog.h>

namespace {

[[maybe_unused]] const auto kLogger = spdlog::default_logger();

}  // namespace
