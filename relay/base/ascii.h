#pragma once
// Text of protocols and settings, in which only ASCII's letters and blanks have a meaning, whatever the locale. Pure. text.h is for text
// that people read.

#include <algorithm>
#include <string>
#include <string_view>

namespace musicspace {

/// `text` with the letters A to Z in lower case; all other bytes stay as they are.
[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return result;
}

inline constexpr std::string_view kSpaces = " \t";      ///< blanks within a line
inline constexpr std::string_view kBlanks = " \t\r\n";  ///< and between lines

/// `text` without the `blanks` at its two ends. It is a part of `text`, and lives no longer.
[[nodiscard]] inline std::string_view trimmed(std::string_view text, std::string_view blanks = kSpaces) {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace musicspace
