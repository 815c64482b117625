#pragma once
// Code points that have no shape of their own, or change the shape or order of others. Pure.

namespace musicspace {

/// Zero-width joiner and non-joiner: emoji families, Persian and Indic scripts need them.
[[nodiscard]] constexpr bool is_joiner(char32_t c) { return c == 0x200c || c == 0x200d; }

[[nodiscard]] constexpr bool is_variation(char32_t c) {
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || (c >= 0x180b && c <= 0x180d) || c == 0x180f;
}

/// The characters that spell the regions of emoji flags, and hide ASCII text elsewhere.
[[nodiscard]] constexpr bool is_tag(char32_t c) { return c >= 0xe0000 && c <= 0xe007f; }

/// Characters that turn the direction of what follows, on and off, and those that only mark it.
[[nodiscard]] constexpr bool is_direction(char32_t c) {
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

[[nodiscard]] constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029; }

[[nodiscard]] constexpr bool is_noncharacter(char32_t c) { return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffeU) == 0xfffe; }

/// Controls, directions, noncharacters, and what Unicode calls default ignorable except for joiners, variation selectors and tags. Fillers
/// (Hangul) look like a blank and are none.
[[nodiscard]] constexpr bool is_unseen(char32_t c) {
    return is_control(c) || is_direction(c) || is_noncharacter(c) || c == 0x00ad || c == 0x034f || c == 0x115f || c == 0x1160 ||
           c == 0x17b4 || c == 0x17b5 || c == 0x180e || c == 0x200b || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || c == 0xfeff ||
           c == 0xffa0 || (c >= 0xfff0 && c <= 0xfffc) || (c >= 0x1bca0 && c <= 0x1bca3) || (c >= 0x1d173 && c <= 0x1d17a) ||
           (c >= 0xe0080 && c <= 0xe0fff && !is_variation(c));
}

}  // namespace musicspace
