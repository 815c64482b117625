#pragma once
// Whether a request is meant for this server, and whether another site's page sent it. A page whose name is pointed at this server
// (DNS rebinding) asks under that name, so only names that are this server's are answered; another site's page says so in Origin or
// Sec-Fetch-Site, and may change nothing. Pure: addresses, names and headers in, a decision out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musicspace::relay {

/// A host and perhaps a port, as in a Host header. The host is in small letters, an IP literal in its shortest form.
struct Authority {
    std::string host;
    std::optional<std::uint16_t> port;
    bool is_address = false;  ///< an IP literal
};

/// Nothing when it is malformed.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

/// A scheme, a host and a port, as in an Origin header.
struct Origin {
    bool https = false;
    std::string host;
    std::uint16_t port = 0;

    [[nodiscard]] bool operator==(const Origin&) const = default;
};

/// Nothing for "null", another scheme than http and https, and what is malformed. A slash may end it.
[[nodiscard]] std::optional<Origin> parse_origin(std::string_view text);

/// The first of a list of schemes, by its meaning: true for https and wss, false for http and ws, nothing for any other.
[[nodiscard]] std::optional<bool> parse_forwarded_scheme(std::string_view list);

/// The names that this server has.
struct OwnNames {
    std::optional<Origin> public_url;
    std::string machine{};  ///< host name of this machine, in small letters, with or without a domain
};

/// Throws std::runtime_error when --public-url is none. Empty: not given.
[[nodiscard]] std::optional<Origin> parse_public_url(std::string_view url);

/// What a request says about its way, and about the page that sent it.
struct RequestSource {
    std::optional<Authority> host;            ///< nothing: it names none, as only programs do
    std::optional<Authority> forwarded_host;  ///< by a trusted proxy
    std::optional<bool> forwarded_https;      ///< by a trusted proxy
    std::string_view origin{};                ///< the headers' values; empty: not there
    std::string_view fetch_site{};
};

/// The request is for a name that a rebound page cannot have: an IP literal, localhost, this machine, --public-url, or the name that a
/// trusted proxy serves.
[[nodiscard]] bool is_for_us(const RequestSource& source, const OwnNames& names);

/// Between the browser and the first proxy. False where nobody says so.
[[nodiscard]] bool is_over_https(const RequestSource& source, const OwnNames& names);

enum class SentBy {
    program,     ///< says nothing of a page
    own_page,    ///< of this very server
    other_page,  ///< of another site, of another port of this machine, or of nowhere ("null")
};

[[nodiscard]] SentBy sent_by(const RequestSource& source, const OwnNames& names);

}  // namespace musicspace::relay
