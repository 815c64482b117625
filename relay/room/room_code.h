#pragma once
// The 5 characters by which friends find a room.

#include <optional>
#include <string>
#include <string_view>

namespace musicspace::relay {

/// No 0/O and 1/I/L, which people confuse.
inline constexpr std::string_view kCodeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
inline constexpr std::size_t kCodeLength = 5;

/// A fresh code from the system's cryptographic random source. It may be taken; the database tells. Longer ones cannot be guessed.
[[nodiscard]] std::string random_code(std::size_t length = kCodeLength);

/// What a person typed as a code: blanks around it dropped, upper case; nothing when it cannot be one.
[[nodiscard]] std::optional<std::string> parse_code(std::string_view text);

}  // namespace musicspace::relay
