// HTTP requests to the letter, fed whole and byte by byte.

#include "relay/http/request_parser.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

using Stage = RequestParser::Stage;
constexpr std::size_t kBody = 1000;

struct Parsed {
    Stage stage;
    int status;
    std::string code;
    std::string body;
    std::size_t used;
    RequestHead head;
};

Parsed parse(std::string_view text, std::size_t step) {
    RequestParser parser;
    std::size_t used = 0;
    bool limited = false;
    while (used < text.size() && parser.stage() != Stage::done && parser.stage() != Stage::refused) {
        const auto piece = text.substr(used, step);
        const std::size_t taken = parser.feed(piece);
        used += taken;
        if (!limited && parser.stage() == Stage::body) {
            limited = true;
            parser.limit_body(kBody);
        }
        if (taken == 0) break;
    }
    const bool refused = parser.stage() == Stage::refused;
    return {parser.stage(), refused ? parser.problem().status : 0, refused ? parser.problem().code : "", parser.take_body(), used,
            parser.head()};
}

Parsed parse(std::string_view text) {
    Parsed whole = parse(text, text.size());
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        const Parsed pieces = parse(text, step);
        EXPECT_EQ(pieces.stage, whole.stage) << text.substr(0, 200);
        EXPECT_EQ(pieces.status, whole.status) << text.substr(0, 200);
        EXPECT_EQ(pieces.body, whole.body) << text.substr(0, 200);
        EXPECT_EQ(pieces.used, whole.used) << text.substr(0, 200);
    }
    return whole;
}

Parsed request(const std::string& line, const std::string& headers, const std::string& body = {}) {
    return parse(line + "\r\nHost: h\r\n" + headers + "\r\n" + body);
}
Parsed post(const std::string& headers, const std::string& body = {}) { return request("POST / HTTP/1.1", headers, body); }

TEST(RequestParser, TakesOneRequestAndLeavesTheNext) {
    const std::string first = "POST /api/rooms?x=1&y HTTP/1.1\r\nHost: LOCALHOST:1\r\nContent-Length: 3\r\nX-A:  b \t\r\nx-a: c\r\n\r\nabc";
    const Parsed parsed = parse(first + "GET / HTTP/1.1\r\n");
    EXPECT_EQ(parsed.stage, Stage::done);
    EXPECT_EQ(parsed.used, first.size());
    EXPECT_EQ(parsed.head.method, "POST");
    EXPECT_EQ(parsed.head.path, "/api/rooms");
    EXPECT_EQ(parsed.head.query, "x=1&y");
    EXPECT_EQ(parsed.head.host, "LOCALHOST:1");
    EXPECT_EQ(parsed.head.field("x-a"), "b");
    EXPECT_EQ(parsed.head.all("x-a"), "b, c");
    EXPECT_EQ(parsed.body, "abc");
    EXPECT_TRUE(parsed.head.keep_alive);
}

TEST(RequestParser, ReadsEveryWayOfBeingOne) {
    EXPECT_EQ(parse("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").stage, Stage::done);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n").stage, Stage::done);
    EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
    EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
    EXPECT_FALSE(request("GET / HTTP/1.1", "Connection: upgrade, Close\r\n").head.keep_alive);
    EXPECT_EQ(request("GET / HTTP/1.1", "X:\r\nY: \xc3\xa4\r\n").stage, Stage::done);
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n").stage, Stage::done);
    EXPECT_EQ(request("OPTIONS * HTTP/1.1", "").head.path, "*");
    const Parsed absolute = request("GET http://Music.example:81/r/K7QXM?a HTTP/1.1", "");
    EXPECT_EQ(absolute.head.host, "Music.example:81");
    EXPECT_EQ(absolute.head.path, "/r/K7QXM");
    EXPECT_EQ(absolute.head.query, "a");
    EXPECT_EQ(request("GET HTTPS://h?a HTTP/1.1", "").head.path, "/");
    EXPECT_TRUE(post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x").head.expects_continue);
}

TEST(RequestParser, UnchunksAndReadsOverWhatIsBesides) {
    const Parsed parsed = post("Transfer-Encoding: Chunked\r\n", "3;a=b\r\nabc\r\n0002 \r\nde\r\n0\r\nHost: evil\r\nOrigin: x\r\n\r\n");
    EXPECT_EQ(parsed.stage, Stage::done);
    EXPECT_EQ(parsed.body, "abcde");
    EXPECT_EQ(parsed.head.field("host"), "h");
    EXPECT_FALSE(parsed.head.has("origin"));
}

TEST(RequestParser, RefusesWhatCouldBeReadDifferently) {
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    struct Case {
        std::string text;
        int status;
    };
    const Case cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nnothing\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(1, '\0') + "\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: \x1b\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: h\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / FTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"GET / HTTP/1.10\r\nHost: h\r\n\r\n", 505},
        {"\x16\x03\x01\x02", 400},
        {"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", 400},
        // Lengths.
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n" + chunked + "\r\n", 400},
        {"POST / HTTP/1.0\r\nHost: h\r\n" + chunked + "\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\n" + chunked + chunked + "\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0b"
         "chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nExpect: a-miracle\r\n\r\n", 417},
    };
    for (const Case& each : cases) EXPECT_EQ(parse(each.text).status, each.status) << each.text;

    for (const char* body : {"x\r\n", "\r\n", " 1\r\na", "-1\r\n", "0x1\r\n", "1 a\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n",
                             "1;\x01\r\na\r\n", "11111111111111111\r\n", "00000000000000001\r\na"})
        EXPECT_EQ(post(chunked, body).status, 400) << body;
    for (const char* body : {"3e9\r\n", "ffffffffffffffff\r\n"}) EXPECT_EQ(post(chunked, body).status, 413) << body;
}

TEST(RequestParser, BoundsEveryByte) {
    const std::string endless(100'000, 'a');
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    EXPECT_EQ(parse(endless).status, 431);
    EXPECT_EQ(parse("GET /" + endless).status, 431);
    EXPECT_EQ(request("GET / HTTP/1.1", "X: " + endless).status, 431);
    std::string many;
    for (int i = 0; i < 200; ++i) many += "a:\r\n";
    EXPECT_EQ(request("GET / HTTP/1.1", many).status, 431);
    EXPECT_EQ(post(chunked, "1;" + endless).status, 400);
    EXPECT_EQ(post(chunked, "0\r\nX: " + endless).status, 431);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 2000; ++i) trailers += "a:b\r\n";
    EXPECT_EQ(post(chunked, trailers).status, 431);
    std::string pieces;
    for (int i = 0; i < 999; ++i) pieces += "1;" + std::string(200, 'x') + "\r\na\r\n";
    const Parsed padded = post(chunked, pieces);
    EXPECT_EQ(padded.status, 413);
    EXPECT_LT(padded.used, RequestParser::kMaxFramingBytes + 2000);
    std::string body;
    for (int i = 0; i < 11; ++i) body += "64\r\n" + std::string(100, 'a') + "\r\n";
    EXPECT_EQ(post(chunked, body).status, 413);
}

}  // namespace
}  // namespace musicspace::relay
