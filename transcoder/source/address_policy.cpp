#include "transcoder/source/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace musicspace::transcoder {

namespace {

struct Range4 {
    std::uint32_t network;
    int prefix;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) { return a << 24U | b << 16U | c << 8U | d; }

constexpr std::array kForbidden4{
    Range4{v4(0, 0, 0, 0), 8},      Range4{v4(10, 0, 0, 0), 8},     Range4{v4(100, 64, 0, 0), 10}, Range4{v4(127, 0, 0, 0), 8},
    Range4{v4(169, 254, 0, 0), 16}, Range4{v4(172, 16, 0, 0), 12},  Range4{v4(192, 0, 0, 0), 24},  Range4{v4(192, 0, 2, 0), 24},
    Range4{v4(192, 88, 99, 0), 24}, Range4{v4(192, 168, 0, 0), 16}, Range4{v4(198, 18, 0, 0), 15}, Range4{v4(198, 51, 100, 0), 24},
    Range4{v4(203, 0, 113, 0), 24}, Range4{v4(224, 0, 0, 0), 4},    Range4{v4(240, 0, 0, 0), 4},
};

bool is_public4(std::uint32_t address) {
    return std::ranges::none_of(
        kForbidden4, [address](const Range4& range) { return (address ^ range.network) >> static_cast<unsigned>(32 - range.prefix) == 0; });
}

// Only 2000::/3 is handed out as global unicast; inside it, the ranges below lead elsewhere or nowhere.
bool is_public6(const std::array<std::uint8_t, 16>& a) {
    if ((a[0] & 0xe0U) != 0x20U) return false;
    if (a[0] == 0x20 && a[1] == 0x02) return false;                                  // 6to4 embeds IPv4
    if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02) return false;                   // 2001::/23: Teredo, ORCHID...
    if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8) return false;  // documentation
    return !(a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10);                           // documentation (3fff::/20)
}

}  // namespace

bool is_public_address(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4_address{};
        std::memcpy(&v4_address, &address, sizeof v4_address);
        return is_public4(ntohl(v4_address.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6_address{};
        std::memcpy(&v6_address, &address, sizeof v6_address);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &v6_address.sin6_addr, bytes.size());
        return is_public6(bytes);
    }
    return false;
}

bool has_web_port(const sockaddr& address) {
    // At the same place in both families.
    sockaddr_in either{};
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    std::memcpy(&either, &address, sizeof either);
    const unsigned port = ntohs(either.sin_port);
    return port == 80 || port == 443 || port >= 1024;
}

}  // namespace musicspace::transcoder
