#pragma once
// The address that a request comes from, as a key for limits: a whole IPv4 address, or the /64 of an IPv6 one (which one household has).
// This machine's own key is empty, and has no limits. Trusted proxies report their client's address in X-Forwarded-For; from others that
// header is ignored. Pure.

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musicspace::relay {

/// Ranges of addresses. IPv4 counts as IPv4-mapped IPv6.
class AddressRanges {
public:
    /// "10.0.0.0/8,fd00::/8,192.0.2.7"; "loopback" is 127.0.0.0/8 and ::1, "none" no address. Throws std::runtime_error naming the
    /// entry that is none of these.
    [[nodiscard]] static AddressRanges parse(std::string_view list);

    [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;

private:
    struct Range {
        boost::asio::ip::address_v6::bytes_type network{};
        unsigned bits = 0;
    };
    std::vector<Range> ranges_;
};

/// Headers that proxies add to a request.
struct ProxyHeaders {
    std::string forwarded_for;  ///< every X-Forwarded-For line, joined by commas
    bool any = false;           ///< there is some sign of a proxy: X-Forwarded-*, Forwarded, X-Real-IP or Via
};

/// The key that everybody shares who comes through a proxy that does not report its client.
inline constexpr std::string_view kUnknownAddress = "unknown";

/// The key of an address.
[[nodiscard]] std::string address_key(const boost::asio::ip::address& address);

/// An entry of X-Forwarded-For: an address, perhaps with a port ("192.0.2.7:4711", "[2001:db8::1]:443"). Nothing when it is malformed.
[[nodiscard]] std::optional<boost::asio::ip::address> parse_forwarded(std::string_view entry);

/// The key of the client behind `peer`, the other end of the connection. When the peer is a trusted proxy, the client is the right-most
/// address in X-Forwarded-For that is not a trusted proxy's. A loopback address in that header never counts as this machine, since careless
/// proxies pass on what their clients have written.
[[nodiscard]] std::string client_address(const boost::asio::ip::address& peer, const AddressRanges& trusted, const ProxyHeaders& headers);

}  // namespace musicspace::relay
