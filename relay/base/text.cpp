#include "relay/base/text.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace musicspace {

namespace {

bool continues(char byte) { return (static_cast<std::uint8_t>(byte) & 0xc0U) == 0x80U; }

// RFC 3629: shortest forms only, no surrogates.
std::optional<std::vector<char32_t>> code_points(std::string_view text) {
    std::vector<char32_t> points;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : (lead >> 5U) == 0x6 ? 2 : (lead >> 4U) == 0xe ? 3 : (lead >> 3U) == 0x1e ? 4 : 0;
        if (length == 0 || i + length > text.size()) return std::nullopt;
        char32_t point = length == 1 ? lead : lead & (0x7fU >> length);
        for (std::size_t k = 1; k < length; ++k) {
            if (!continues(text[i + k])) return std::nullopt;
            point = point << 6U | (static_cast<std::uint8_t>(text[i + k]) & 0x3fU);
        }
        constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < kSmallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
        points.push_back(point);
        i += length;
    }
    return points;
}

bool is_unwelcome(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||  // controls, line breaks
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||        // direction overrides
           c == 0x200e || c == 0x200f || c == 0xfeff;
}

bool is_blank(char32_t c) { return c == ' ' || c == 0xa0 || c == 0x200b || c == 0x3000 || (c >= 0x2000 && c <= 0x200a); }

}  // namespace

std::variant<std::string, TextFault> check_text(std::string_view text, std::size_t most) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return TextFault::empty;
    text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
    if (text.size() > most * 4) return TextFault::too_long;
    const auto points = code_points(text);
    if (!points) return TextFault::not_utf8;
    if (points->size() > most) return TextFault::too_long;
    bool visible = false;
    for (const char32_t point : *points) {
        if (is_unwelcome(point)) return TextFault::unshowable;
        visible = visible || !is_blank(point);
    }
    return visible ? std::variant<std::string, TextFault>(std::string(text)) : TextFault::empty;
}

std::string shown_text(std::string_view text, std::size_t most) {
    std::size_t length = 0;
    for (std::size_t characters = 0; length < text.size(); ++length) {
        if (!continues(text[length]) && ++characters > most) break;
    }
    auto checked = check_text(text.substr(0, length), most);
    return std::holds_alternative<std::string>(checked) ? std::get<std::string>(std::move(checked)) : std::string();
}

}  // namespace musicspace
