#include "transcoder/source/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace musicspace::transcoder {
namespace {

bool is_public(const std::string& text) {
    sockaddr_storage storage{};
    if (text.find(':') == std::string::npos) {
        auto& address = reinterpret_cast<sockaddr_in&>(storage);
        address.sin_family = AF_INET;
        EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &address.sin_addr), 1) << text;
    } else {
        auto& address = reinterpret_cast<sockaddr_in6&>(storage);
        address.sin6_family = AF_INET6;
        EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &address.sin6_addr), 1) << text;
    }
    return is_public_address(reinterpret_cast<const sockaddr&>(storage));
}

TEST(AddressPolicy, PublicAddressesMayBeContacted) {
    for (const char* text :
         {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001:82a::200e"})
        EXPECT_TRUE(is_public(text)) << text;
}

TEST(AddressPolicy, EverythingElseMayNot) {
    for (const char* text :
         {"0.0.0.0",         "10.1.2.3",    "100.64.0.1", "127.0.0.1",        "127.255.255.255", "169.254.169.254", "172.16.0.1",
          "172.31.255.255",  "192.168.0.1", "192.0.2.1",  "198.18.0.1",       "203.0.113.9",     "224.0.0.1",       "240.0.0.1",
          "255.255.255.255", "::",          "::1",        "::ffff:127.0.0.1", "::ffff:8.8.8.8",  "64:ff9b::7f00:1", "2002:7f00:1::",
          "2001::1",         "2001:db8::1", "fe80::1",    "fc00::1",          "fd00:ec2::254",   "ff02::1"}) {
        EXPECT_FALSE(is_public(text)) << text;
    }
}

}  // namespace
}  // namespace musicspace::transcoder
