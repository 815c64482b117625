#include "transcoder/link.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <cctype>

#include "relay/base/ascii.h"
#include "transcoder/library.h"

namespace musicspace::transcoder {

namespace {

bool has_blank_or_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

// Browsers show links with plain UTF-8, which RFC 3986 wants percent-encoded. Only such bytes are touched.
std::string with_encoded_bytes(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`' && c != '{' && c != '|' && c != '}') {
            result += c;
        } else {
            result += '%';
            result += kHex[byte >> 4U];
            result += kHex[byte & 15U];
        }
    }
    return result;
}

// People type names as they are; in links they are percent-encoded.
std::variant<std::string, TranscodeError> check_library_link(std::string_view path) {
    const auto encoded = boost::urls::make_pct_string_view(path);
    const bool as_typed = !encoded || std::ranges::any_of(path, [](char c) { return c == ' ' || static_cast<unsigned char>(c) >= 0x80; });
    const std::string plain = as_typed ? std::string(path) : encoded->decode();
    if (plain.empty() || std::ranges::any_of(plain, [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
        return TranscodeError{Fault::bad_link, "This is no name of a file in the server's library."};
    }
    return library_link(plain);
}

}  // namespace

std::variant<std::string, TranscodeError> check_link(std::string_view text) {
    text = trimmed(text, kBlanks);
    if (text.empty()) return TranscodeError{Fault::bad_link, "Paste a link first."};
    if (text == kDemoLink) return std::string(text);
    if (text.size() > kMaxLinkBytes) return TranscodeError{Fault::bad_link, "This link is too long (at most 2048 characters)."};
    if (text.starts_with(kLibraryScheme)) return check_library_link(text.substr(kLibraryScheme.size()));
    const auto colon = text.find("://");
    if (has_blank_or_control(text) || colon == std::string_view::npos) {
        return TranscodeError{Fault::bad_link, "This is not a link. Paste one that starts with https:// or http://."};
    }
    const std::string link = with_encoded_bytes(text);
    const auto parsed = boost::urls::parse_uri(link);
    if (!parsed) return TranscodeError{Fault::bad_link, "This link is malformed. Copy it again from the address bar."};
    if (parsed->scheme_id() != boost::urls::scheme::http && parsed->scheme_id() != boost::urls::scheme::https) {
        return TranscodeError{Fault::bad_link, "Only links that start with https:// or http:// can be played."};
    }
    if (parsed->host().empty()) return TranscodeError{Fault::bad_link, "This link names no site."};
    if (parsed->has_userinfo()) return TranscodeError{Fault::bad_link, "Links that carry a user name or password are not accepted."};
    return link;
}

std::string host_of(const std::string& link) {
    const auto parsed = boost::urls::parse_uri(link);
    if (!parsed) return {};
    std::string host = parsed->host_address();
    std::ranges::transform(host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return host;
}

}  // namespace musicspace::transcoder
