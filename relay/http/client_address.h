#pragma once
// Whom a request comes from, as text to count by: IPv4 whole, IPv6 as its /64 (what one household has). A reverse proxy on this machine
// tells it in X-Forwarded-For; this machine itself is the empty text, which has no limits.

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

namespace musicspace::relay {

[[nodiscard]] inline std::string address_key(boost::asio::ip::address address) {
    namespace ip = boost::asio::ip;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
    if (address.is_loopback()) return {};
    if (address.is_v4()) return address.to_string();
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::make_address_v6(bytes).to_string();
}

/// `peer`: the connection's own. `forwarded`: the header, of which the last entry is what the proxy itself has seen.
[[nodiscard]] inline std::string client_address(const std::string& peer, std::string_view forwarded) {
    if (!peer.empty()) return peer;
    forwarded.remove_prefix(forwarded.rfind(',') == std::string_view::npos ? 0 : forwarded.rfind(',') + 1);
    while (forwarded.starts_with(' ')) forwarded.remove_prefix(1);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(forwarded, error);
    return error ? std::string() : address_key(address);
}

}  // namespace musicspace::relay
