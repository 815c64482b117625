// The ways out: the proxy that yt-dlp gets, and the transfer that pulls media. Neither reaches a forbidden address, however it is written.

#include "transcoder/egress/egress_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/unit/scripted_site.h"
#include "transcoder/egress/proxy_request.h"
#include "transcoder/source/http_transfer.h"

namespace musicspace::transcoder {
namespace {

const std::vector<std::string> kForbiddenHosts{
    // loopback
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "2130706433", "0x7f000001",
    "0x7f.1", "0177.0.0.1", "017700000001", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]",
    // unspecified
    "0", "0.0.0.0", "0.1.2.3", "[::]",
    // IPv4 inside IPv6
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]",
    "[2002:7f00:1::]", "[2001::1]",
    // private, link-local, shared
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.1.1", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "100.64.0.1", "100.127.255.255", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]",
    // multicast, reserved, documentation, tests
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "192.88.99.1", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]"};

// A connection to the proxy, on which a request has been sent; `more`: further lines of its head.
int asking(const EgressProxy& proxy, const std::string& first_line, bool with_secret = true, const std::string& more = {}) {
    const std::string url = proxy.url();
    const auto at = url.rfind('@');
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    const std::string secret = url.substr(7, at - 7);
    std::string encoded(sodium_base64_encoded_len(secret.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    encoded.resize(encoded.find('\0'));
    std::string head = first_line + "\r\n";
    if (with_secret) head += "Proxy-Authorization: Basic " + encoded + "\r\n";
    head += more + "Host: whatever\r\n\r\n";

    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(fd, head.data(), head.size(), MSG_NOSIGNAL), static_cast<ssize_t>(head.size()));
    return fd;
}

// What comes on `fd` until its end, or until a tunnel is there; closes it.
std::string answer_on(int fd) {
    std::string answer;
    for (char piece[4096];;) {
        const ssize_t count = ::recv(fd, piece, sizeof piece, 0);
        if (count <= 0) break;
        answer.append(piece, static_cast<std::size_t>(count));
        if (answer.starts_with("HTTP/1.1 200 Connected")) break;
    }
    ::close(fd);
    return answer;
}

std::string ask(const EgressProxy& proxy, const std::string& first_line, bool with_secret = true, const std::string& more = {}) {
    return answer_on(asking(proxy, first_line, with_secret, more));
}

HttpTransfer::Step first_step(HttpTransfer& transfer, const std::string& url) {
    transfer.start(url, {}, 0);
    std::vector<std::uint8_t> bytes;
    return transfer.step(bytes);
}

TEST(EgressProxy, NoFormOfAForbiddenAddressIsConnectedTo) {
    const EgressProxy proxy(AddressPolicy::public_only);
    ASSERT_GE(kForbiddenHosts.size(), 40U);
    for (const std::string& host : kForbiddenHosts) {
        for (const std::string& line : {"CONNECT " + host + ":443 HTTP/1.1", "GET http://" + host + "/ HTTP/1.1"}) {
            const std::string answer = ask(proxy, line);
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 502 Name")) << line << ": " << answer;
        }
    }
}

TEST(EgressProxy, PortsOfOtherServicesAreNotConnectedTo) {
    const EgressProxy proxy(AddressPolicy::public_only);
    HttpTransfer transfer(AddressPolicy::public_only);
    for (const char* port : {"1", "22", "25", "53", "110", "143", "445", "1023"}) {
        EXPECT_TRUE(ask(proxy, std::string("CONNECT 8.8.4.4:") + port + " HTTP/1.1").starts_with("HTTP/1.1 403")) << port;
        EXPECT_EQ(first_step(transfer, std::string("http://8.8.4.4:") + port + "/"), HttpTransfer::Step::failed);
        EXPECT_EQ(transfer.failure().kind, TransferFailure::Kind::forbidden) << port;
    }
}

TEST(EgressProxy, OtherSchemesAndUserNamesAreRefused) {
    const EgressProxy proxy(AddressPolicy::allow_private);
    for (const char* line : {"GET ftp://127.0.0.1/ HTTP/1.1", "GET file:///etc/passwd HTTP/1.1", "GET gopher://127.0.0.1/ HTTP/1.1",
                             "GET / HTTP/1.1", "GET http://example.org@127.0.0.1/ HTTP/1.1", "CONNECT a@127.0.0.1:443 HTTP/1.1",
                             "CONNECT 127.0.0.1:0 HTTP/1.1", "GET http://127.0.0.1:0/ HTTP/1.1", "CONNECT 127.0.0.1:99999 HTTP/1.1",
                             "CONNECT :443 HTTP/1.1", "CONNECT [::1:443 HTTP/1.1", "CONNECT 127.0.0.1:44x HTTP/1.1", "nonsense"}) {
        EXPECT_TRUE(ask(proxy, line).starts_with("HTTP/1.1 400")) << line;
    }
}

TEST(EgressProxy, ServesOnlyWhoKnowsItsSecret) {
    ScriptedSite site([](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
        ScriptedSite::serve(request, connection, "hello");
    });
    const EgressProxy proxy(AddressPolicy::allow_private);
    EXPECT_TRUE(ask(proxy, "GET " + site.url() + " HTTP/1.1", false).starts_with("HTTP/1.1 407"));
    EXPECT_TRUE(site.requests().empty());
    EXPECT_TRUE(ask(proxy, "GET " + site.url() + " HTTP/1.1").ends_with("hello"));
    EXPECT_EQ(site.requests().back().path, "/media");
    EXPECT_TRUE(ask(proxy, "CONNECT " + site.url().substr(7, site.url().rfind('/') - 7) + " HTTP/1.1").starts_with("HTTP/1.1 200"));
}

TEST(EgressProxy, AnAnswerWithoutEndIsCutOff) {
    ScriptedSite site([](const ScriptedSite::Request&, const ScriptedSite::Connection& connection) {
        connection.text("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.body(std::string(65'536, 'x'))) {
        }
    });
    const EgressProxy proxy(AddressPolicy::allow_private, {.bytes = 1 << 20});
    EXPECT_LE(ask(proxy, "GET " + site.url() + " HTTP/1.1").size(), 1U << 20U);
}

TEST(EgressProxy, AConnectionEndsWhenItsTimeIsOver) {
    ScriptedSite site([](const ScriptedSite::Request&, const ScriptedSite::Connection& connection) { connection.await_hang_up(); });
    const EgressProxy proxy(AddressPolicy::allow_private, {.time = std::chrono::seconds(1)});
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(proxy, "GET " + site.url() + " HTTP/1.1"), "");
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(took, std::chrono::milliseconds(900));
    EXPECT_LT(took, std::chrono::seconds(20));
}

TEST(EgressProxy, BeyondItsConnectionsNewcomersWait) {
    ScriptedSite site([](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
        if (request.path == "/hangs") return connection.await_hang_up();
        ScriptedSite::serve(request, connection, "hello");
    });
    const EgressProxy proxy(AddressPolicy::allow_private, {.connections = 2});
    const int first = asking(proxy, "GET " + site.url("/hangs") + " HTTP/1.1");
    const int second = asking(proxy, "GET " + site.url("/hangs") + " HTTP/1.1");
    while (site.requests().size() < 2) std::this_thread::yield();
    const int third = asking(proxy, "GET " + site.url() + " HTTP/1.1");
    const timeval wait{0, 500'000};
    ::setsockopt(third, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    char byte = 0;
    EXPECT_EQ(::recv(third, &byte, 1, MSG_PEEK), -1);
    EXPECT_EQ(errno, EAGAIN) << "it waits";
    EXPECT_EQ(site.requests().size(), 2U);
    ::close(first);
    const timeval long_enough{20, 0};
    ::setsockopt(third, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough);
    EXPECT_TRUE(answer_on(third).ends_with("hello"));
    ::close(second);
}

TEST(EgressProxy, AHeadThatIsTooLongEndsTheConnection) {
    ScriptedSite site([](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
        ScriptedSite::serve(request, connection, "hello");
    });
    const EgressProxy proxy(AddressPolicy::allow_private);
    const auto filling = [](std::size_t bytes) { return "X-Filling: " + std::string(bytes, 'x') + "\r\n"; };
    EXPECT_TRUE(ask(proxy, "GET " + site.url() + " HTTP/1.1", true, filling(kMaxProxyHead - 1'000)).ends_with("hello"));
    EXPECT_EQ(ask(proxy, "GET " + site.url() + " HTTP/1.1", true, filling(kMaxProxyHead)), "");
    EXPECT_EQ(site.requests().size(), 1U);
}

TEST(EgressProxy, TheHeadThatAnOriginGetsHoldsNothingOfTheProxys) {
    const auto request = parse_proxy_request(
        "POST http://Example.org:8080/a?b=c HTTP/1.1\r\nHost: Example.org:8080\r\nproxy-authorization: Basic x\r\nProxy-Connection: "
        "keep-alive\r\n"
        "Connection: keep-alive\r\nX: y\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->host, "Example.org");
    EXPECT_EQ(request->port, 8080);
    EXPECT_EQ(request->authorization, "Basic x");
    EXPECT_EQ(request->forwarded, "POST /a?b=c HTTP/1.1\r\nHost: Example.org:8080\r\nX: y\r\nConnection: close\r\n\r\n");
}

TEST(HttpTransfer, NoFormOfAForbiddenAddressIsConnectedTo) {
    HttpTransfer transfer(AddressPolicy::public_only);
    for (const std::string& host : kForbiddenHosts) {
        ASSERT_EQ(first_step(transfer, "http://" + host + "/"), HttpTransfer::Step::failed) << host;
        const auto kind = transfer.failure().kind;
        EXPECT_TRUE(kind == TransferFailure::Kind::forbidden || transfer.failure().detail.find("resolve") != std::string::npos)
            << host << ": " << transfer.failure().detail;
    }
    for (const char* url :
         {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "http://example.org@127.0.0.1/"}) {
        EXPECT_EQ(first_step(transfer, url), HttpTransfer::Step::failed) << url;
    }
}

// Run where 8.8.4.4 is this machine: tests/fixtures/with_public_address.sh.
TEST(PublicAddresses, ARedirectToAPrivateOneLeadsNowhere) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (std::getenv("MUSICSPACE_PUBLIC_ADDRESS") == nullptr) GTEST_SKIP() << "only on a network of its own";
    ScriptedSite inside([](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
        ScriptedSite::serve(request, connection, "secret");
    });
    ScriptedSite outside(
        [&](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
            if (request.path == "/media") {
                ScriptedSite::serve(request, connection, "music");
            } else {
                connection.text("HTTP/1.1 302 Found\r\nLocation: " + inside.url() + "\r\nContent-Length: 0\r\n\r\n");
            }
        },
        "8.8.4.4");
    HttpTransfer transfer(AddressPolicy::public_only);
    EXPECT_EQ(first_step(transfer, outside.url()), HttpTransfer::Step::bytes);
    EXPECT_EQ(first_step(transfer, outside.url("/away")), HttpTransfer::Step::failed);
    EXPECT_EQ(transfer.failure().kind, TransferFailure::Kind::forbidden);
    const EgressProxy proxy(AddressPolicy::public_only);
    EXPECT_TRUE(ask(proxy, "GET " + outside.url() + " HTTP/1.1").ends_with("music"));
    EXPECT_TRUE(ask(proxy, "GET " + inside.url() + " HTTP/1.1").starts_with("HTTP/1.1 403"));
    EXPECT_TRUE(inside.requests().empty());
}

}  // namespace
}  // namespace musicspace::transcoder
