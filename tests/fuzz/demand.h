#pragma once
// What a fuzzer checks: a demand that does not hold ends it, so that libFuzzer keeps the input.

#include <cstdlib>
#include <string>

#include "relay/base/text.h"

namespace musicspace {

inline void demand(bool holds) {
    if (!holds) std::abort();
}

/// Text that has been cleaned keeps within its limit, and cleaning it again changes nothing.
inline void demand_clean(const std::string& text, TextLimit limit) {
    demand(text.size() <= limit.bytes);
    demand(shown_text(text, limit) == text);
}

}  // namespace musicspace
