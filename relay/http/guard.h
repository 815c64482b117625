#pragma once
// Decides whether a request is meant for this server, and whether another site's page sent it. An attacker's page whose name has been
// pointed at this server (DNS rebinding) sends that name as Host, so only this server's own names are answered. The browser marks requests
// of another site's page in Origin or Sec-Fetch-Site; they may change nothing. Pure: addresses, names and headers in, a decision out.

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

/// Reads X-Forwarded-Proto by its first scheme: true for https and wss, false for http and ws, nothing for any other.
[[nodiscard]] std::optional<bool> parse_forwarded_scheme(std::string_view list);

/// The names that this server has.
struct OwnNames {
    std::optional<Origin> public_url;
    std::string machine{};  ///< host name of this machine, in small letters, with or without a domain
};

/// Parses --public-url. Nothing when it is empty (not given); throws std::runtime_error when it is no address of a server.
[[nodiscard]] std::optional<Origin> parse_public_url(std::string_view url);

/// What a request's headers say about the names it was sent to, and about the page that sent it.
struct RequestSource {
    std::optional<Authority> host;            ///< nothing when there is no Host, as only programs do it
    std::optional<Authority> forwarded_host;  ///< X-Forwarded-Host of a trusted proxy
    std::optional<bool> forwarded_https;      ///< X-Forwarded-Proto of a trusted proxy
    std::string_view origin{};                ///< this header's value and the next one's; empty when it was not sent
    std::string_view fetch_site{};
};

/// The request is for a name that a rebound page cannot have: an IP literal, localhost, this machine, --public-url, or the name that a
/// trusted proxy serves.
[[nodiscard]] bool is_for_us(const RequestSource& source, const OwnNames& names);

/// Whether the browser reached the first proxy over https. False when no header says so.
[[nodiscard]] bool is_over_https(const RequestSource& source, const OwnNames& names);

enum class SentBy {
    program,     ///< the request names no page
    own_page,    ///< a page of this very server
    other_page,  ///< a page of another site, of another port of this machine, or of no address ("null")
};

[[nodiscard]] SentBy sent_by(const RequestSource& source, const OwnNames& names);

}  // namespace musicspace::relay
