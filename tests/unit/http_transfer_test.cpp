// What a transfer takes of a site, and what it sends it: redirects, pauses, headers; and pictures, which come by the same way.

#include "transcoder/source/http_transfer.h"

#include <gtest/gtest.h>

#include "tests/unit/scripted_site.h"
#include "transcoder/artwork.h"

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;
using Kind = TransferFailure::Kind;
using Request = ScriptedSite::Request;
using Connection = ScriptedSite::Connection;

// What a transfer of `url` ends with; nothing: all of it has come.
std::optional<TransferFailure> failure_of(const std::string& url, TransferLimits limits = {}, const HttpHeaders& headers = {}) {
    HttpTransfer transfer(AddressPolicy::allow_private, limits);
    transfer.start(url, headers, 0);
    std::vector<std::uint8_t> bytes;
    while (true) {
        switch (transfer.step(bytes)) {
            case HttpTransfer::Step::failed:
                return transfer.failure();
            case HttpTransfer::Step::ended:
                return std::nullopt;
            default:
                break;
        }
    }
}

TEST(HttpTransfer, FollowsFiveRedirectsAndNoMore) {
    // /3 leads to /2, and so on to /0.
    ScriptedSite site([](const Request& request, const Connection& connection) {
        const int left = std::stoi(request.path.substr(1));
        if (left == 0) return ScriptedSite::serve(request, connection, "music");
        connection.text("HTTP/1.1 302 Found\r\nLocation: /" + std::to_string(left - 1) +
                        "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    EXPECT_FALSE(failure_of(site.url("/5")));
    const auto failure = failure_of(site.url("/6"));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, Kind::refused);
    EXPECT_EQ(failure->explained().fault(), Fault::unreadable);
}

TEST(HttpTransfer, WaitsSoLongForAnAnswerAndForWhatFollows) {
    ScriptedSite site([](const Request& request, const Connection& connection) {
        if (request.path == "/pauses") {
            connection.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
            connection.body("music");
        }
        connection.await_hang_up();
    });
    const auto begun = std::chrono::steady_clock::now();
    // The other limit is longer than the test may take.
    const auto silent = failure_of(site.url("/silent"), {.first_byte = 200ms, .stall = 1h});
    const auto pauses = failure_of(site.url("/pauses"), {.first_byte = 1h, .stall = 200ms});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
    for (const auto& failure : {silent, pauses}) {
        ASSERT_TRUE(failure);
        EXPECT_EQ(failure->kind, Kind::stalled);
        EXPECT_EQ(failure->explained().fault(), Fault::no_network);
    }
}

TEST(HttpTransfer, ReadsSoManyHeadersOfAnAnswer) {
    // Each line has a KB; curl itself bounds a line, and takes all of these.
    ScriptedSite site([](const Request& request, const Connection& connection) {
        std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";
        for (int i = std::stoi(request.path.substr(1)); i > 0; --i) head += "X-Filling: " + std::string(1'024 - 13, 'x') + "\r\n";
        connection.text(head + "\r\n");
        connection.body("music");
    });
    EXPECT_FALSE(failure_of(site.url("/250")));
    const auto failure = failure_of(site.url("/257"));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, Kind::refused);
    EXPECT_EQ(failure->explained().fault(), Fault::unreadable);
}

TEST(HttpTransfer, SendsSoManyHeadersOfARequest) {
    std::string head;
    ScriptedSite site([&](const Request& request, const Connection& connection) {
        head = request.head;
        ScriptedSite::serve(request, connection, "music");
    });
    HttpHeaders headers;
    for (int i = 0; i < 40; ++i) headers.emplace_back("X-" + std::to_string(10 + i), std::string(1'020, 'x'));
    EXPECT_FALSE(failure_of(site.url(), {}, headers));
    EXPECT_NE(head.find("X-10: "), std::string::npos);
    EXPECT_NE(head.find("X-41: "), std::string::npos);  // the 32nd
    EXPECT_EQ(head.find("X-42: "), std::string::npos);
    EXPECT_LT(head.size(), 34U << 10U);
}

TEST(Artwork, IsNotFetchedWhereItIsTooLargeOrTakesTooLong) {
    ScriptedSite site([](const Request& request, const Connection& connection) {
        const std::string picture = "GIF89a" + std::string(kMaxArtworkBytes - 6, 'x');
        if (request.path == "/most") {
            ScriptedSite::serve(request, connection, picture);
        } else if (request.path == "/more") {
            ScriptedSite::serve(request, connection, picture + "x");
        } else {
            // Never silent for so long that the transfer itself would give up.
            connection.text("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            while (connection.body("x")) std::this_thread::sleep_for(20ms);
        }
    });
    const auto fetched = [&](const std::string& path, std::chrono::milliseconds time) {
        return fetch_artwork(site.url(path), AddressPolicy::allow_private, {}, time);
    };
    EXPECT_TRUE(fetched("/most", 1h));
    EXPECT_FALSE(fetched("/more", 1h));
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(fetched("/slow", 300ms));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 300ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

}  // namespace
}  // namespace musicspace::transcoder
