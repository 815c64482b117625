#pragma once
// Whom a request comes from, as text to count by: IPv4 whole, IPv6 as its /64 (what one household has). This machine itself is the
// empty text, which has no limits. Proxies in front that are trusted tell their client in X-Forwarded-For; nobody else is believed.
// Pure.

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

/// Counted together: everybody behind a proxy that does not say for whom it asks.
inline constexpr std::string_view kUnknownAddress = "unknown";

/// The address as text to count by.
[[nodiscard]] std::string address_key(const boost::asio::ip::address& address);

/// An entry of X-Forwarded-For: an address, perhaps with a port ("192.0.2.7:4711", "[2001:db8::1]:443"). Nothing when it is malformed.
[[nodiscard]] std::optional<boost::asio::ip::address> parse_forwarded(std::string_view entry);

/// `peer`: the other end of the connection. The client is the right-most address of X-Forwarded-For that is no trusted proxy's, where
/// the peer is one. A loopback address in there is never this machine: a careless proxy passes on what its client has written.
[[nodiscard]] std::string client_address(const boost::asio::ip::address& peer, const AddressRanges& trusted, const ProxyHeaders& headers);

}  // namespace musicspace::relay
