#include "relay/base/log_line.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "relay/base/unseen.h"
#include "relay/base/utf8.h"

namespace musicspace {

namespace {

void append_escape(std::string& line, const char* format, unsigned value) {
    std::array<char, 16> escape{};
    (void)std::snprintf(escape.data(), escape.size(), format, value);
    line += escape.data();
}

void append_point(std::string& line, char32_t c) {
    if (c == '\n') {
        line += "\\n";
    } else if (c == '\t') {
        line += ' ';
    } else if (c < 0x80 && is_control(c)) {
        append_escape(line, "\\x%02x", c);
    } else if (is_unseen(c) || is_tag(c)) {
        append_escape(line, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
    } else {
        append_utf8(line, c);
    }
}

bool ends_address(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>'; }

// Where `text`, which begins after "://", names somebody before an '@', that goes; so does what follows a '?'.
std::string_view without_user(std::string_view text) {
    const auto host_end = text.find_first_of("/?#");
    const auto at = text.substr(0, host_end).rfind('@');
    return at == std::string_view::npos ? text : text.substr(at + 1);
}

std::string without_secrets(std::string_view text) {
    constexpr std::string_view kAfterScheme = "://";
    std::string result;
    while (!text.empty()) {
        const auto scheme = text.find(kAfterScheme);
        if (scheme == std::string_view::npos) break;
        result += text.substr(0, scheme + kAfterScheme.size());
        text.remove_prefix(scheme + kAfterScheme.size());
        const auto* const end = std::ranges::find_if(text, ends_address);
        const auto address = without_user(text.substr(0, static_cast<std::size_t>(end - text.begin())));
        const auto query = address.find('?');
        result += address.substr(0, query);
        if (query != std::string_view::npos) result += "?...";
        text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    }
    return result.append(text);
}

}  // namespace

std::string log_text(std::string_view text) {
    constexpr std::string_view kCut = "...";
    constexpr std::size_t kLongestEscape = 10;
    // Twice: a query that is left out makes room.
    const std::string open = without_secrets(text.substr(0, 2 * kLongestLogText));
    std::string line;
    for (std::size_t at = 0; at < open.size();) {
        if (line.size() + kLongestEscape + kCut.size() > kLongestLogText) return line.append(kCut);
        if (const auto found = code_point_at(open, at)) {
            append_point(line, found->point);
            at += found->bytes;
        } else {
            append_escape(line, "\\x%02x", static_cast<std::uint8_t>(open[at++]));
        }
    }
    return line;
}

}  // namespace musicspace
