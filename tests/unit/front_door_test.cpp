// Which requests are let in, as whose, and what those hear that are not; WebSocket handshakes among them.

#include "relay/http/front_door.h"

#include <gtest/gtest.h>

#include "relay/http/response_head.h"
#include "relay/http/upgrade_request.h"

namespace musicspace::relay {
namespace {

RequestHead head_of(const std::string& line, const std::string& headers) {
    auto parsed = parse_head(line + " HTTP/1.1\r\n" + headers + "\r\n");
    if (const auto* problem = std::get_if<Problem>(&parsed)) throw std::runtime_error(line + ": " + problem->detail);
    return std::get<RequestHead>(std::move(parsed));
}

Entering entering(const std::string& line, const std::string& headers, const char* peer = "203.0.113.5") {
    const FrontDoor door{AddressRanges::parse("loopback"), {{}, "attic"}};
    return enter(door, head_of(line, headers), boost::asio::ip::make_address(peer));
}

int refusal(const std::string& line, const std::string& headers, const char* peer = "203.0.113.5") {
    const Entering entered = entering(line, headers, peer);
    return entered.refusal ? entered.refusal->status : 0;
}

TEST(FrontDoor, TurnsAwayWhoAsksUnderAnothersName) {
    const std::string evil = "Host: evil.example:8080\r\n";
    for (const char* line : {"GET /", "GET /r/K7QXM", "GET /api/rooms/K7QXM", "POST /api/rooms", "GET /ws", "GET /assets/a.js"})
        EXPECT_EQ(refusal(line, evil), 421) << line;
    EXPECT_EQ(refusal("GET /", evil + "Origin: http://evil.example:8080\r\n"), 421);
    EXPECT_EQ(refusal("GET http://evil.example/", "Host: localhost\r\n"), 421);
    EXPECT_EQ(refusal("GET http://localhost/", evil), 0);
    for (const char* line : {"GET /healthz", "HEAD /readyz", "GET /metrics"}) EXPECT_EQ(refusal(line, evil), 0) << line;
    EXPECT_EQ(refusal("GET /", "Host: attic:8080\r\n"), 0);
    EXPECT_EQ(refusal("GET /", "Host:\r\n"), 0);
}

TEST(FrontDoor, SaysHowToGiveItAName) {
    const std::string evil = "Host: Music.example\r\n";
    const Entering page = entering("GET /r/K7QXM", evil + "Accept: text/html,*/*\r\n");
    EXPECT_TRUE(page.refusal->content_type.starts_with("text/html"));
    EXPECT_NE(page.refusal->body->find("--public-url https://music.example"), std::string::npos);
    for (const auto& [line, accept] :
         {std::pair("GET /api/about", "text/html"), std::pair("GET /", "*/*"), std::pair("GET /ws", "text/html")}) {
        const Entering program = entering(line, evil + "Accept: " + accept + "\r\n");
        EXPECT_EQ(program.refusal->content_type, "application/problem+json") << line;
        EXPECT_NE(program.refusal->body->find("--public-url"), std::string::npos);
    }
}

TEST(FrontDoor, LetsOnlyOwnPagesAndProgramsChangeThings) {
    const std::string host = "Host: localhost:8080\r\n";
    for (const char* line : {"POST /api/rooms", "PUT /api/me/favourites", "DELETE /api/session", "PATCH /x", "ANY /x"}) {
        EXPECT_EQ(refusal(line, host), 0) << line;
        EXPECT_EQ(refusal(line, host + "Origin: http://localhost:8080\r\n"), 0) << line;
        EXPECT_EQ(refusal(line, host + "Origin: http://localhost:8080\r\nSec-Fetch-Site: same-origin\r\n"), 0) << line;
        EXPECT_EQ(refusal(line, host + "Origin: http://localhost:3000\r\n"), 403) << line;
        EXPECT_EQ(refusal(line, host + "Origin: null\r\n"), 403) << line;
        EXPECT_EQ(refusal(line, host + "Sec-Fetch-Site: cross-site\r\n"), 403) << line;
        EXPECT_EQ(refusal(line, host + "Sec-Fetch-Site: same-site\r\n"), 403) << line;
        EXPECT_EQ(refusal(line, host + "Sec-Fetch-Site: none\r\n"), 0) << line;
    }
    for (const char* line : {"GET /", "HEAD /", "OPTIONS /api/rooms", "GET /api/rooms/K7QXM"})
        EXPECT_EQ(refusal(line, host + "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n"), 0) << line;
    EXPECT_EQ(refusal("GET /ws", host + "Origin: https://evil.example\r\n"), 403);
    EXPECT_EQ(refusal("GET /ws/K7QXM", host + "Origin: null\r\n"), 403);
    EXPECT_EQ(refusal("GET /ws", host + "Origin: http://localhost:8080\r\nSec-Fetch-Site: same-site\r\n"), 0);
    EXPECT_TRUE(entering("POST /api/session", host + "Origin: http://localhost:8080\r\n").request.own_page);
    EXPECT_FALSE(entering("POST /api/session", host).request.own_page);
    EXPECT_FALSE(entering("GET /api/session", host + "Origin: http://evil.example\r\n").request.own_page);
}

TEST(FrontDoor, BelievesTrustedProxiesOnly) {
    const std::string headers =
        "Host: relay:8080\r\nX-Forwarded-Host: music.example\r\nX-Forwarded-Proto: wss\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: "
        "9.9.9.9:80\r\n";
    const Entering proxied = entering("POST /api/rooms?a=b", headers + "Origin: https://music.example\r\n", "127.0.0.1");
    EXPECT_FALSE(proxied.refusal);
    EXPECT_EQ(proxied.request.address, "9.9.9.9");
    EXPECT_TRUE(proxied.request.over_https);
    EXPECT_TRUE(proxied.request.own_page);
    EXPECT_EQ(proxied.request.query, "a=b");
    EXPECT_EQ(refusal("GET /", headers), 421);
    const Entering spoofed = entering("GET /", "Host: localhost\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 9.9.9.9\r\n");
    EXPECT_EQ(spoofed.request.address, "203.0.113.5");
    EXPECT_FALSE(spoofed.request.over_https);
    for (const char* sign : {"X-Forwarded-For: garbage", "Forwarded: for=9.9.9.9", "X-Real-IP: 9.9.9.9", "Via: 1.1 proxy",
                             "X-Forwarded-Proto: http", "X-Forwarded-Host: localhost"})
        EXPECT_EQ(entering("GET /", "Host: localhost\r\n" + std::string(sign) + "\r\n", "127.0.0.1").request.address, "unknown") << sign;
    EXPECT_EQ(entering("GET /", "Host: localhost\r\n", "127.0.0.1").request.address, "");
}

const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kUpgrade = "Host: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";

int handshake(const std::string& headers, const std::string& line = "GET /ws") {
    const auto parsed = parse_handshake(head_of(line, headers));
    const auto* refused = std::get_if<HttpResponse>(&parsed);
    return refused != nullptr ? refused->status : 101;
}

TEST(Handshake, IsReadToTheLetter) {
    EXPECT_EQ(handshake(kUpgrade + kKey + kVersion), 101);
    EXPECT_EQ(handshake(kUpgrade + kKey + kVersion + "Content-Length: 0\r\n"), 101);
    EXPECT_EQ(handshake("Host: h\r\n"), 426);
    EXPECT_EQ(handshake("Host: h\r\nUpgrade: websocket\r\n" + kKey + kVersion), 426);
    EXPECT_EQ(handshake("Host: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + kKey + kVersion), 426);
    EXPECT_EQ(handshake(kUpgrade + kKey), 426);
    EXPECT_EQ(handshake(kUpgrade + kKey + "Sec-WebSocket-Version: 8\r\n"), 426);
    EXPECT_EQ(handshake(kUpgrade + kKey + "Sec-WebSocket-Version: 13, 8\r\n"), 426);
    EXPECT_EQ(handshake(kUpgrade + kKey + kVersion, "POST /ws"), 405);
    EXPECT_EQ(handshake(kUpgrade + kVersion), 400);
    EXPECT_EQ(handshake(kUpgrade + kKey + kKey + kVersion), 400);
    for (const char* key :
         {"x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZQAA"})
        EXPECT_EQ(handshake(kUpgrade + kVersion + "Sec-WebSocket-Key: " + key + "\r\n"), 400) << key;
    EXPECT_EQ(handshake(kUpgrade + kKey + kVersion + "Content-Length: 5\r\n"), 400);
    EXPECT_EQ(handshake(kUpgrade + kKey + kVersion + "Transfer-Encoding: chunked\r\n"), 400);

    const auto refused = parse_handshake(head_of("GET /ws", "Host: h\r\n"));
    const std::string head = response_head(std::get<HttpResponse>(refused), {});
    for (const char* line : {"\r\nUpgrade: websocket\r\n", "\r\nConnection: Upgrade\r\n", "\r\nSec-WebSocket-Version: 13\r\n"})
        EXPECT_NE(head.find(line), std::string::npos) << head;
}

TEST(Handshake, SpeaksASubprotocolThatWasOffered) {
    const auto offers = [](const std::string& offered) {
        return parse_handshake(head_of("GET /ws", kUpgrade + kKey + kVersion + offered));
    };
    EXPECT_FALSE(std::get<Handshake>(offers("")).subprotocol);
    EXPECT_TRUE(std::get<Handshake>(offers("Sec-WebSocket-Protocol: musicspace.v1\r\n")).subprotocol);
    EXPECT_TRUE(std::get<Handshake>(offers("Sec-WebSocket-Protocol: musicspace.v9, musicspace.v1\r\n")).subprotocol);
    EXPECT_TRUE(std::get<Handshake>(offers("Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: musicspace.v1\r\n")).subprotocol);
    for (const char* offered : {"musicspace.v2", "", "chat, musicspace"})
        EXPECT_EQ(std::get<HttpResponse>(offers("Sec-WebSocket-Protocol: " + std::string(offered) + "\r\n")).status, 400) << offered;
}

TEST(Handshake, HasTwoAddresses) {
    for (const char* path : {"/ws", "/ws/K7QXM", "/ws/k7qxm"}) EXPECT_TRUE(is_websocket_path(path)) << path;
    for (const char* path : {"/ws/", "/ws/K7QX", "/ws/K7QXMX", "/ws/K7QX0", "/ws/K7QXM/", "/wsx", "/", "/ws/K7QXM/x"})
        EXPECT_FALSE(is_websocket_path(path)) << path;
}

TEST(ResponseHead, HasWhatKeepsBrowsersFromMisusingIt) {
    const std::string plain = response_head(problem_response({404, "x", "X", "X."}), {.now_unix = 784'111'777});
    for (const char* line :
         {"HTTP/1.1 404 Not Found\r\n", "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "\r\nX-Content-Type-Options: nosniff\r\n",
          "\r\nReferrer-Policy: no-referrer\r\n", "\r\nCross-Origin-Resource-Policy: same-origin\r\n",
          "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n", "\r\nX-Frame-Options: DENY\r\n",
          "\r\nCache-Control: no-store\r\n"})
        EXPECT_NE(plain.find(line), std::string::npos) << line << "\n" << plain;
    EXPECT_TRUE(plain.ends_with("\r\n\r\n"));
    EXPECT_EQ(plain.find("Connection:"), std::string::npos);
    EXPECT_NE(response_head({}, {.keep_alive = false}).find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_NE(response_head({}, {.http10 = true}).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    EXPECT_NE(response_head({}, {}).find("\r\nContent-Length: 0\r\n"), std::string::npos);

    HttpResponse own = text_response(200, "text/html", "x");
    own.headers.emplace_back("Content-Security-Policy", "default-src 'self'");
    own.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
    const std::string head = response_head(own, {});
    EXPECT_NE(head.find("\r\nContent-Security-Policy: default-src 'self'\r\n"), std::string::npos);
    EXPECT_EQ(head.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(head.find("Set-Cookie"), std::string::npos);
}

}  // namespace
}  // namespace musicspace::relay
