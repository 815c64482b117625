// Which names are this server's, and which pages are.

#include "relay/http/guard.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace musicspace::relay {
namespace {

const OwnNames kHome{.public_url = {}, .machine = "attic.example.org"};
const OwnNames kPublic{.public_url = Origin{true, "music.example", 443}, .machine = "attic"};

RequestSource asking(const char* host) { return {.host = parse_authority(host), .forwarded_host = {}, .forwarded_https = {}}; }

TEST(Guard, AnswersUnderNamesThatAReboundPageCannotHave) {
    for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "192.168.1.5", "8.8.8.8:80", "[::1]:8080", "[fe80::1]", "localhost",
                             "LOCALHOST:1", "localhost.:8080", "app.localhost", "attic", "Attic:8080", "attic.local", "ATTIC.LAN",
                             "attic.home.arpa", "attic.example.org", "attic.example.org.", "localhost:"}) {
        ASSERT_TRUE(parse_authority(host)) << host;
        EXPECT_TRUE(is_for_us(asking(host), kHome)) << host;
    }
    for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example", "notlocalhost", "attic.evil.example",
                             "xattic.local", "attic.local.evil.example", "127.0.0.1.evil.example", "2130706433", "0x7f.1", "music.example",
                             "local", "lan", ".local", "example.org"}) {
        const auto authority = parse_authority(host);
        ASSERT_TRUE(authority) << host;
        EXPECT_FALSE(is_for_us(asking(host), kHome)) << host;
    }
    EXPECT_TRUE(is_for_us(asking("music.example"), kPublic));
    EXPECT_TRUE(is_for_us(asking("MUSIC.example:8080"), kPublic));
    EXPECT_FALSE(is_for_us(asking("evil.example"), kPublic));
    EXPECT_FALSE(is_for_us(asking("local"), OwnNames{}));
    EXPECT_FALSE(is_for_us(asking(".local"), OwnNames{}));

    RequestSource proxied = asking("relay:8080");
    EXPECT_FALSE(is_for_us(proxied, kHome));
    proxied.forwarded_host = parse_authority("music.example");
    EXPECT_TRUE(is_for_us(proxied, kHome));
    EXPECT_TRUE(is_for_us({}, kHome));  // a program that names no host
}

TEST(Guard, AHostThatIsMalformedIsNone) {
    for (const char* host :
         {"", "[::1", "::1", "[::1]x", "a b", "a/b", "user@host", "host:99999", "host:-1", "host:8x", "[127.0.0.1]", "h\xc3\xa4t"})
        EXPECT_FALSE(parse_authority(host)) << host;
    EXPECT_EQ(parse_authority("[2001:DB8:0:0::1]:443")->host, "2001:db8::1");
    EXPECT_EQ(parse_authority("A.Example.:81")->host, "a.example");
    EXPECT_FALSE(parse_authority(std::string(300, 'a')));
}

struct OriginCase {
    const char* origin;
    const char* host;
    const char* forwarded_host;
    const char* forwarded_proto;
    SentBy expected;
};

TEST(Guard, OriginAndHostAreComparedAsHostAndPort) {
    const auto own = SentBy::own_page;
    const auto other = SentBy::other_page;
    const OriginCase cases[] = {
        {"http://localhost:8080", "localhost:8080", "", "", own},
        {"HTTP://LocalHost:8080", "LOCALHOST:8080", "", "", own},
        {"http://attic", "attic", "", "", own},
        {"http://attic", "attic:80", "", "", own},
        {"http://attic:80", "attic", "", "", own},
        {"https://attic", "attic", "", "", own},  // nobody has said which
        {"https://attic", "attic:443", "", "", own},
        {"https://attic:443", "attic", "", "", own},
        {"https://attic", "attic:80", "", "", other},
        {"http://attic", "attic:443", "", "", other},
        {"http://attic:8080", "attic", "", "", other},
        {"http://attic", "attic:8080", "", "", other},
        {"http://[::1]:8080", "[0:0::1]:8080", "", "", own},
        {"http://localhost:3000", "localhost:8080", "", "", other},
        {"http://evil.example", "localhost:8080", "", "", other},
        {"http://localhost:8080.evil.example", "localhost:8080", "", "", other},
        {"http://localhost:8080@evil.example", "localhost:8080", "", "", other},
        {"http://localhost:8080/path", "localhost:8080", "", "", other},
        {"null", "localhost:8080", "", "", other},
        {"file://", "localhost:8080", "", "", other},
        {"chrome-extension://abc", "localhost:8080", "", "", other},
        {"localhost:8080", "localhost:8080", "", "", other},
        {"http://attic, http://attic", "attic", "", "", other},
        // Where a proxy tells the scheme, it counts, by its meaning and of a list the first.
        {"https://attic", "attic", "", "https", own},
        {"https://attic", "attic", "", "wss", own},
        {"https://attic", "attic", "", "HTTPS, http", own},
        {"http://attic", "attic", "", "ws", own},
        {"http://attic", "attic", "", "https", other},
        {"https://attic", "attic", "", "http", other},
        {"https://attic", "attic", "", "gopher", own},
        // A proxy that puts its own name for this server into Host.
        {"https://music.example", "relay:8080", "music.example", "https", own},
        {"https://music.example:8443", "relay:8080", "music.example:8443", "https", own},
        {"https://evil.example", "relay:8080", "music.example", "https", other},
    };
    for (const OriginCase& each : cases) {
        RequestSource source = asking(each.host);
        source.origin = each.origin;
        source.forwarded_host = parse_authority(each.forwarded_host);
        source.forwarded_https = parse_forwarded_scheme(each.forwarded_proto);
        EXPECT_EQ(sent_by(source, kHome), each.expected) << each.origin << " asks " << each.host << " by " << each.forwarded_proto;
    }
}

TEST(Guard, ThePublicUrlIsAnOwnPageUnderItsSchemeOnly) {
    RequestSource source = asking("127.0.0.1:8080");
    source.origin = "https://Music.Example:443";
    EXPECT_EQ(sent_by(source, kPublic), SentBy::own_page);
    source.origin = "http://music.example";
    EXPECT_EQ(sent_by(source, kPublic), SentBy::other_page);
    source.host = parse_authority("music.example");
    EXPECT_EQ(sent_by(source, kPublic), SentBy::other_page);  // its scheme is https
    source.host = parse_authority("music.example:8080");
    source.origin = "http://music.example:8080";
    EXPECT_EQ(sent_by(source, kPublic), SentBy::own_page);  // opened past the proxy
}

TEST(Guard, TheBrowsersOwnWordCountsToo) {
    RequestSource source = asking("localhost:8080");
    EXPECT_EQ(sent_by(source, kHome), SentBy::program);
    for (const char* harmless : {"none", "same-origin", "nonsense"}) {
        source.fetch_site = harmless;
        EXPECT_EQ(sent_by(source, kHome), SentBy::program) << harmless;
    }
    for (const char* foreign : {"cross-site", "same-site"}) {
        source.fetch_site = foreign;
        source.origin = "";
        EXPECT_EQ(sent_by(source, kHome), SentBy::other_page) << foreign;
        source.origin = "http://localhost:8080";
        EXPECT_EQ(sent_by(source, kHome), SentBy::other_page) << foreign;
    }
}

TEST(Guard, HttpsIsWhatTheOperatorOrAProxySays) {
    RequestSource source = asking("attic");
    EXPECT_FALSE(is_over_https(source, kHome));
    source.forwarded_https = true;
    EXPECT_TRUE(is_over_https(source, kHome));
    source = asking("music.example");
    EXPECT_TRUE(is_over_https(source, kPublic));
    source.forwarded_https = false;  // a proxy behind the one that ends TLS
    EXPECT_TRUE(is_over_https(source, kPublic));
    EXPECT_FALSE(is_over_https(asking("music.example:8080"), kPublic));
    EXPECT_FALSE(is_over_https(asking("192.168.1.5"), kPublic));
}

TEST(Guard, APublicUrlThatIsNoneIsNamed) {
    EXPECT_FALSE(parse_public_url(""));
    EXPECT_EQ(parse_public_url("https://Music.Example/"), (Origin{true, "music.example", 443}));
    EXPECT_EQ(parse_public_url("http://[::1]:8080"), (Origin{false, "::1", 8080}));
    for (const char* url : {"music.example", "ftp://music.example", "https://", "https://music.example/app", "https://a b", "https://u@h"})
        EXPECT_THROW(static_cast<void>(parse_public_url(url)), std::runtime_error) << url;
}

}  // namespace
}  // namespace musicspace::relay
