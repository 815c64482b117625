// HTTP connections on real sockets, with limits short enough to be waited for: slow clients, handlers that fail, bytes behind an upgrade.

#include "relay/http/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace musicspace::relay {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLarge = 8U << 20U;

class ConnectionTest : public testing::Test {
protected:
    ConnectionTest()
        : admission({}, metrics),
          services{.handle = [this](const HttpRequest& request, const HttpReply& reply) { handle(request, reply); },
                   .body_limit = [](const HttpRequest&) { return std::size_t{1000}; },
                   .take_websocket =
                       [this](Upgrade upgrade, Admission::Place) {
                           early = upgrade.early;
                           offered = upgrade.subprotocol;
                           ++upgrades;
                       },
                   .admission = admission,
                   .door = {AddressRanges::parse("loopback"), {}},
                   .limits = {.head = milliseconds(500),
                              .body = milliseconds(500),
                              .progress = milliseconds(1'000),
                              .answer = milliseconds(30'000),
                              .least_rate = 100U << 20U,
                              .goodbye = milliseconds(300)}},
          acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          work(asio::make_work_guard(io)),
          thread([this] { io.run(); }) {}

    ~ConnectionTest() override {
        work.reset();
        io.stop();
        thread.join();
        io.shutdown();
        for (const int client : clients) ::close(client);
    }

    // On the I/O thread.
    void handle(const HttpRequest& request, const HttpReply& reply) {
        if (request.path == "/throws") throw std::runtime_error("as it was asked to");
        if (request.path == "/forgets") return;
        if (request.path == "/waits") {
            waiting.push_back(reply);
            ++waits;
            return;
        }
        if (request.path == "/large") {
            reply(text_response(200, "text/plain", std::string(kLarge, 'x')));
            return;
        }
        reply(text_response(200, "text/plain", request.method + " " + request.body));
    }

    /// The client's end of a new connection, whose reads wait `patience` at most.
    int connect(milliseconds patience = milliseconds(10'000)) {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int small = 64 << 10;
        ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        const timeval wait{patience.count() / 1000, patience.count() % 1000 * 1000};
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        const auto endpoint = acceptor.local_endpoint();
        EXPECT_EQ(::connect(client, endpoint.data(), static_cast<socklen_t>(endpoint.size())), 0);
        clients.push_back(client);
        auto socket = acceptor.accept();
        asio::co_spawn(io, serve_connection(std::move(socket), services), [this](const std::exception_ptr&) {
            const std::lock_guard lock(mutex);
            ++ended;
            has_ended.notify_all();
        });
        return client;
    }
    /// Waits until the server is done with a connection; false when that takes longer than anything here should.
    bool await_an_end() {
        std::unique_lock lock(mutex);
        return has_ended.wait_for(lock, std::chrono::seconds(10), [this] { return ended > 0; });
    }
    static void send(int client, std::string_view text) {
        EXPECT_EQ(::send(client, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    /// All that comes until the server closes or `enough` has come.
    static std::string receive(int client, std::string_view enough = "\r\n\r\n") {
        std::string all;
        std::array<char, 4096> some{};
        while (enough.empty() || all.find(enough) == std::string::npos) {
            const ssize_t size = ::recv(client, some.data(), some.size(), 0);
            if (size <= 0) break;
            all.append(some.data(), static_cast<std::size_t>(size));
        }
        return all;
    }
    static bool closed(int client) {
        std::array<char, 4096> some{};
        ssize_t size = 0;
        while ((size = ::recv(client, some.data(), some.size(), 0)) > 0) {
        }
        return size == 0 || errno == ECONNRESET;
    }

    std::vector<HttpReply> waiting;  ///< of the I/O thread
    std::atomic<int> waits = 0;
    std::string early;
    bool offered = false;
    std::atomic<int> upgrades = 0;
    std::mutex mutex;
    std::condition_variable has_ended;
    int ended = 0;  ///< connections that the server is done with; under `mutex`
    Metrics metrics;
    /// Ends all connections, while what they use is still there.
    struct Loop : asio::io_context {
        using asio::execution_context::shutdown;
    } io;
    Admission admission;
    ConnectionServices services;
    tcp::acceptor acceptor;
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::vector<int> clients;
    std::thread thread;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ConnectionTest, AHandlerThatFailsCostsThatRequestOnly) {
    const int client = connect();
    for (const char* path : {"/throws", "/forgets"}) {
        send(client, "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_TRUE(receive(client, "\"type\"").starts_with("HTTP/1.1 500 ")) << path;
    }
    send(client, kGet);
    EXPECT_NE(receive(client, "GET ").find("HTTP/1.1 200 OK"), std::string::npos);
}

TEST_F(ConnectionTest, ASlowHeadIsCutHoweverSteadilyItComes) {
    const int client = connect();
    const auto begun = Clock::now();
    std::size_t sent = 0;
    for (const char c : "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(1000, 'a')) {
        if (::send(client, &c, 1, MSG_NOSIGNAL) != 1) break;
        ++sent;
        std::this_thread::sleep_for(milliseconds(20));  // A steady but slow sender is what this tests.
    }
    EXPECT_LT(sent, 200U);
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
    EXPECT_TRUE(closed(client));
}

TEST_F(ConnectionTest, ABodyThatDoesNotComeIsNotWaitedForForEver) {
    const int client = connect();
    send(client, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_TRUE(closed(client));
}

TEST_F(ConnectionTest, ASlowButSteadyReaderGetsEverything) {
    const int client = connect();
    send(client, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto begun = Clock::now();
    std::size_t got = receive(client).size();
    std::vector<char> some(kLarge / 25);
    while (got < kLarge) {
        const ssize_t size = ::recv(client, some.data(), some.size(), MSG_WAITALL);
        if (size <= 0) break;
        got += static_cast<std::size_t>(size);
        std::this_thread::sleep_for(milliseconds(100));  // A steady but slow reader is what this tests.
    }
    EXPECT_GE(got, kLarge);
    EXPECT_GT(Clock::now() - begun, services.limits.progress * 2);
}

TEST_F(ConnectionTest, AReaderThatStopsIsCut) {
    const int client = connect();
    send(client, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // Nothing is read meanwhile.
    ASSERT_TRUE(await_an_end());
    std::size_t got = 0;
    std::array<char, 65536> some{};
    ssize_t size = 0;
    while ((size = ::recv(client, some.data(), some.size(), 0)) > 0) got += static_cast<std::size_t>(size);
    EXPECT_LT(got, kLarge);
}

TEST_F(ConnectionTest, AReaderThatTakesTooLongInAllIsCut) {
    services.limits.answer = milliseconds(2'000);
    const int client = connect();
    send(client, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto begun = Clock::now();
    std::size_t got = 0;
    std::vector<char> some(kLarge / 60);
    ssize_t size = 0;
    while ((size = ::recv(client, some.data(), some.size(), MSG_WAITALL)) > 0) {
        got += static_cast<std::size_t>(size);
        std::this_thread::sleep_for(milliseconds(100));  // A reader that is steady, but too slow in all, is what this tests.
    }
    EXPECT_LT(got, kLarge);
    EXPECT_GT(Clock::now() - begun, milliseconds(1'500));
}

TEST_F(ConnectionTest, TheLastAnswerArrivesThoughTheBodyWasNotRead) {
    const int client = connect();
    send(client, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'));
    EXPECT_TRUE(receive(client, "}").starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(closed(client));
}

TEST_F(ConnectionTest, AClientThatWaitsFor100IsAskedToGoOn) {
    const int client = connect();
    send(client, "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(receive(client), "HTTP/1.1 100 Continue\r\n\r\n");
    send(client, "hello");
    EXPECT_NE(receive(client, "POST hello").find("HTTP/1.1 200 OK"), std::string::npos);
    send(client, "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_TRUE(receive(client, "}").starts_with("HTTP/1.1 413 "));
}

TEST_F(ConnectionTest, RequestsInOneRowAreAnsweredInTurn) {
    const int client = connect();
    const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n";
    send(client, post + "a\r\n0\r\n\r\n" + kGet + post + "z\r\n0\r\n\r\n");
    const std::string answers = receive(client, "POST z");
    EXPECT_LT(answers.find("POST a"), answers.find("GET "));
    EXPECT_NE(answers.find("POST z"), std::string::npos);
}

TEST_F(ConnectionTest, BytesBehindAnUpgradeGoAlong) {
    const int client = connect();
    send(client,
         "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: musicspace.v1\r\n\r\nhello, frames");
    EXPECT_TRUE(closed(client));  // the test's upgrade drops the socket
    ASSERT_EQ(upgrades, 1);
    EXPECT_EQ(early, "hello, frames");
    EXPECT_TRUE(offered);
}

TEST_F(ConnectionTest, ClientsOfAProxyAreCountedEach) {
    services.door.trusted_proxies = AddressRanges::parse("loopback");
    const int client = connect();
    for (int i = 0; i < 300; ++i) {
        send(client, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
        ASSERT_NE(receive(client, "GET ").find("200 OK"), std::string::npos) << i;  // each gives its place back
    }
}

TEST_F(ConnectionTest, AClientOfAProxyHasSoManyRequestsUnderWay) {
    services.door.trusted_proxies = AddressRanges::parse("loopback");
    const auto ask = [this](const std::string& path, const std::string& from) {
        const int client = connect();
        send(client, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + from + "\r\n\r\n");
        return client;
    };
    const auto most = static_cast<int>(AdmissionLimits{}.connections_per_address);
    for (int i = 0; i < most; ++i) {
        (void)ask("/waits", "9.9.9.9");
        while (waits <= i) std::this_thread::yield();
    }
    const std::string refused = receive(ask("/", "9.9.9.9"), "}");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 ")) << refused;
    EXPECT_NE(refused.find("too-many-connections"), std::string::npos) << refused;
    EXPECT_NE(receive(ask("/", "9.9.9.8"), "GET ").find("200 OK"), std::string::npos);
    asio::post(io, [this] {
        for (const HttpReply& reply : waiting) reply(text_response(200, "text/plain", "at last"));
        waiting.clear();
    });
    EXPECT_NE(receive(clients.front(), "at last").find("200 OK"), std::string::npos);
}

}  // namespace
}  // namespace musicspace::relay
