#pragma once
// UTF-8 (RFC 3629): shortest forms only, no surrogates. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musicspace {

struct CodePoint {
    char32_t point = 0;
    std::size_t bytes = 1;  ///< it took in the text
};

/// The code point at `at` of `text`; nothing where no well-formed one begins.
[[nodiscard]] inline std::optional<CodePoint> code_point_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : (lead >> 5U) == 0x6 ? 2 : (lead >> 4U) == 0xe ? 3 : (lead >> 3U) == 0x1e ? 4 : 0;
    if (length == 0 || at + length > text.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
        if ((byte(at + k) & 0xc0U) != 0x80U) return std::nullopt;
        point = point << 6U | (byte(at + k) & 0x3fU);
    }
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    return CodePoint{point, length};
}

inline void append_utf8(std::string& text, char32_t c) {
    const auto put = [&text](char32_t byte) { text += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0U | c >> 6U);
        put(0x80U | (c & 0x3fU));
    } else if (c < 0x10000) {
        put(0xe0U | c >> 12U);
        put(0x80U | (c >> 6U & 0x3fU));
        put(0x80U | (c & 0x3fU));
    } else {
        put(0xf0U | c >> 18U);
        put(0x80U | (c >> 12U & 0x3fU));
        put(0x80U | (c >> 6U & 0x3fU));
        put(0x80U | (c & 0x3fU));
    }
}

}  // namespace musicspace
