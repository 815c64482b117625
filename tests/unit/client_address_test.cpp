// Whom a request comes from, whatever stands in the headers.

#include "relay/http/client_address.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace musicspace::relay {
namespace {

boost::asio::ip::address at(const char* text) { return boost::asio::ip::make_address(text); }

struct Case {
    const char* peer;
    const char* trusted;
    const char* forwarded_for;  ///< null: no sign of a proxy at all
    const char* expected;
};

TEST(ClientAddress, IsTheRightMostThatIsNoProxys) {
    const Case cases[] = {
        // Nobody in between.
        {"127.0.0.1", "loopback", nullptr, ""},
        {"127.8.9.1", "loopback", nullptr, ""},
        {"::1", "loopback", nullptr, ""},
        {"::ffff:127.0.0.1", "loopback", nullptr, ""},
        {"203.0.113.5", "loopback", nullptr, "203.0.113.5"},
        {"::ffff:203.0.113.5", "loopback", nullptr, "203.0.113.5"},
        {"2001:db8:1:2:3:4:5:6", "loopback", nullptr, "2001:db8:1:2::"},
        // A proxy on this machine.
        {"127.0.0.1", "loopback", "9.9.9.9", "9.9.9.9"},
        {"::1", "loopback", "9.9.9.9", "9.9.9.9"},
        {"127.0.0.1", "loopback", "1.1.1.1, 9.9.9.9", "9.9.9.9"},
        {"127.0.0.1", "loopback", "1.1.1.1,9.9.9.9", "9.9.9.9"},
        {"127.0.0.1", "loopback", "\t1.1.1.1 ,\t9.9.9.9 ", "9.9.9.9"},
        {"127.0.0.1", "loopback", "9.9.9.9:4711", "9.9.9.9"},
        {"127.0.0.1", "loopback", "2001:db8:1:2::9", "2001:db8:1:2::"},
        {"127.0.0.1", "loopback", "[2001:db8:1:2::9]:443", "2001:db8:1:2::"},
        {"127.0.0.1", "loopback", "[2001:db8:1:2::9]", "2001:db8:1:2::"},
        {"127.0.0.1", "loopback", "::ffff:9.9.9.9", "9.9.9.9"},
        // What is malformed is passed over, and never this machine.
        {"127.0.0.1", "loopback", "9.9.9.9, garbage", "9.9.9.9"},
        {"127.0.0.1", "loopback", "9.9.9.9,,", "9.9.9.9"},
        {"127.0.0.1", "loopback", "garbage", "unknown"},
        {"127.0.0.1", "loopback", "", "unknown"},
        {"127.0.0.1", "loopback", ",,,", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9:", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9:70000", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9:4x", "unknown"},
        {"127.0.0.1", "loopback", "[9.9.9.9]:1", "unknown"},
        {"127.0.0.1", "loopback", "[2001:db8::1", "unknown"},
        {"127.0.0.1", "loopback", "[2001:db8::1]443", "unknown"},
        {"127.0.0.1", "loopback", "0x7f000001", "unknown"},
        {"127.0.0.1", "loopback", "2130706433", "unknown"},
        {"127.0.0.1", "loopback", "127.1", "unknown"},
        {"127.0.0.1", "loopback", "999.1.1.1", "unknown"},
        // What a proxy will not tell, it does not leave to its client either.
        {"127.0.0.1", "loopback", "9.9.9.9, unknown", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9, unix:", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9, _hidden", "unknown"},
        // A loopback address in there is not this machine.
        {"127.0.0.1", "loopback", "127.0.0.1", "unknown"},
        {"127.0.0.1", "loopback", "::1", "unknown"},
        {"127.0.0.1", "loopback", "::ffff:127.0.0.1", "unknown"},
        {"127.0.0.1", "loopback", "[::1]:80", "unknown"},
        {"127.0.0.1", "loopback", "0.0.0.0", "unknown"},
        {"127.0.0.1", "loopback", "::", "unknown"},
        {"127.0.0.1", "loopback", "9.9.9.9, 127.0.0.1", "9.9.9.9"},
        {"10.0.0.2", "10.0.0.0/8", "9.9.9.9, 127.0.0.1", "unknown"},
        // Several proxies.
        {"127.0.0.1", "loopback,10.0.0.0/8", "1.1.1.1, 9.9.9.9, 10.1.2.3", "9.9.9.9"},
        {"10.0.0.2", "10.0.0.0/8", "9.9.9.9", "9.9.9.9"},
        {"::ffff:10.0.0.2", "10.0.0.0/8", "9.9.9.9", "9.9.9.9"},
        {"10.0.0.2", "10.0.0.0/8", "10.0.0.9, 10.0.0.3", "10.0.0.9"},
        {"10.0.0.2", "10.0.0.0/8", "10.0.0.9, 127.0.0.1", "unknown"},
        {"fd00::2", "fd00::/8", "2001:db8::1, fd12::1", "2001:db8::"},
        {"10.0.0.2", "10.0.0.0/8", nullptr, "10.0.0.2"},
        // Nobody else is believed; and whoever asks through a proxy is not this machine.
        {"203.0.113.5", "loopback", "9.9.9.9", "203.0.113.5"},
        {"203.0.113.5", "loopback", "127.0.0.1", "203.0.113.5"},
        {"203.0.113.5", "loopback", "garbage", "203.0.113.5"},
        {"127.0.0.1", "none", "9.9.9.9", "unknown"},
        {"127.0.0.1", "", "9.9.9.9", "unknown"},
        {"127.0.0.1", "none", nullptr, ""},
    };
    for (const Case& each : cases) {
        const ProxyHeaders headers{each.forwarded_for != nullptr ? each.forwarded_for : "", each.forwarded_for != nullptr};
        EXPECT_EQ(client_address(at(each.peer), AddressRanges::parse(each.trusted), headers), each.expected)
            << each.peer << " trusting " << each.trusted << ": " << headers.forwarded_for;
    }
}

TEST(AddressRanges, HoldTheirOwn) {
    const auto ranges = AddressRanges::parse(" 10.0.0.0/8 , 192.0.2.7,fd00::/8,2001:db8::/33");
    for (const char* inside : {"10.0.0.0", "10.255.255.255", "192.0.2.7", "::ffff:10.1.1.1", "fd12::1", "2001:db8:7fff::1"})
        EXPECT_TRUE(ranges.contains(at(inside))) << inside;
    for (const char* outside : {"11.0.0.0", "9.255.255.255", "192.0.2.8", "fe80::1", "2001:db8:8000::1", "::1", "127.0.0.1"})
        EXPECT_FALSE(ranges.contains(at(outside))) << outside;
    EXPECT_TRUE(AddressRanges::parse("0.0.0.0/0").contains(at("8.8.8.8")));
    EXPECT_FALSE(AddressRanges::parse("0.0.0.0/0").contains(at("2001:db8::1")));
}

TEST(AddressRanges, AnEntryThatIsNoneIsNamed) {
    for (const char* list : {"10.0.0.0/33", "::/129", "localhost", "10.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "/8"}) {
        try {
            static_cast<void>(AddressRanges::parse(list));
            ADD_FAILURE() << list;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(list), std::string::npos) << error.what();
        }
    }
}

}  // namespace
}  // namespace musicspace::relay
