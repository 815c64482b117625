#pragma once
// What a client of the egress proxy asks for. Parsing is pure and never throws.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace musicspace::transcoder {

struct ProxyRequest {
    bool tunnel = false;  ///< CONNECT
    std::string host;     ///< without the brackets of an IPv6 address
    std::uint16_t port = 0;
    std::string authorization;  ///< of Proxy-Authorization
    std::string forwarded;      ///< the head as the origin gets it; empty for a tunnel
};

inline constexpr std::size_t kMaxProxyHead = 32U << 10U;

/// `head`: up to and with the empty line. Nothing for what is no proxy request: another scheme than http, user names in the target,
/// malformed lines.
[[nodiscard]] std::optional<ProxyRequest> parse_proxy_request(std::string_view head);

}  // namespace musicspace::transcoder
