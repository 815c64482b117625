#pragma once
// Which network addresses the server may be made to contact by a link. Pure.

#include <sys/socket.h>

namespace musicspace::transcoder {

enum class AddressPolicy {
    public_only,    ///< the default: links come from strangers
    allow_private,  ///< --allow-private-sources: also this machine and its networks
};

/// What a member is told of a link to anywhere else.
inline constexpr const char* kForbiddenTarget = "This link points into a private network, which this server does not play from.";

/// False for loopback, private, link-local (metadata services), shared (CGNAT), multicast, unspecified, reserved and
/// documentation ranges of IPv4 and IPv6, and for IPv6 forms that embed IPv4 (mapped, 6to4, NAT64). Source: the IANA
/// special-purpose address registries.
[[nodiscard]] bool is_public_address(const sockaddr& address);

/// True for 80, 443 and those from 1024 on: mail, shells and the like listen below, the web does not.
[[nodiscard]] bool has_web_port(const sockaddr& address);

/// True when `address` may be contacted under `policy`.
[[nodiscard]] inline bool may_contact(const sockaddr& address, AddressPolicy policy) {
    return policy == AddressPolicy::allow_private || (is_public_address(address) && has_web_port(address));
}

}  // namespace musicspace::transcoder
