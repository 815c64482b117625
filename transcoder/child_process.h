#pragma once
// Runs one program to its end with a time limit and an output limit. Blocks its caller's thread; no shell is involved.
// The child gets its own process group, which is killed as a whole on cancel, on a limit, and when this server dies.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace musicspace::transcoder {

struct ChildSpec {
    std::vector<std::string> arguments;  ///< arguments[0] is the program, looked up in PATH
    std::chrono::milliseconds time_limit{30'000};
    std::size_t output_limit = 32U << 20U;  ///< bytes of standard output; standard error keeps its last 64 KiB
    /// Variables that differ from this process's own; without a value: which the child does not get.
    std::map<std::string, std::optional<std::string>, std::less<>> environment{};
};

enum class ChildEnd { exited, timed_out, too_much_output, cancelled };

struct ChildResult {
    ChildEnd end = ChildEnd::exited;
    int exit_code = 0;  ///< 128 + signal when a signal ended it; meaningful for `exited`
    std::string standard_output;
    std::string standard_error;
};

/// Throws std::system_error when no child can be made (program not found: ENOENT).
[[nodiscard]] ChildResult run_child(const ChildSpec& spec, const std::stop_token& stop);

}  // namespace musicspace::transcoder
