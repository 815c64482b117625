#pragma once
// Makes text fit for a line of the log: bounded, and without anything that could forge or hide one. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace musicspace {

inline constexpr std::size_t kLongestLogText = 2'000;

/// `text` as one line of UTF-8 that a terminal shows and nothing can be forged with: line ends, control characters, direction overrides
/// and what else has no shape become escapes like \n, \x1b and \u202e, as do bytes that are no UTF-8. User information and queries of
/// addresses, which may hold keys and passwords, are left out. Cut after kLongestLogText bytes.
[[nodiscard]] std::string log_text(std::string_view text);

}  // namespace musicspace
