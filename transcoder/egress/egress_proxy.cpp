#include "transcoder/egress/egress_proxy.h"

#include <sodium.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string_view>
#include <thread>
#include <vector>

#include "transcoder/egress/proxy_request.h"

namespace musicspace::transcoder {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPieceBytes = 16U << 10U;

// The words reach the resolver through yt-dlp's error message (see resolver_errors).
constexpr std::string_view kForbidden = "HTTP/1.1 403 Address not allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kUnknownName = "HTTP/1.1 502 Name or service not known\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kUnreachable = "HTTP/1.1 502 Connection refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kMalformed = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kWhoAreYou =
    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kConnected = "HTTP/1.1 200 Connected\r\n\r\n";

std::string random_secret() {
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    std::array<unsigned char, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, 2 * 16 + 1> hex{};
    return sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
}

std::string basic_credentials(const std::string& user_and_secret) {
    std::string encoded(sodium_base64_encoded_len(user_and_secret.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(user_and_secret.data()),
                      user_and_secret.size(), sodium_base64_VARIANT_ORIGINAL);
    encoded.resize(encoded.find('\0'));
    return "Basic " + encoded;
}

// Two connected sockets; closing it ends whatever waits on either.
struct Passage {
    explicit Passage(tcp::socket accepted) : client(std::move(accepted)), origin(client.get_executor()) {}
    void close() {
        boost::system::error_code ignored;
        client.close(ignored);
        origin.close(ignored);
    }
    tcp::socket client;
    tcp::socket origin;
};

asio::awaitable<void> answer(std::shared_ptr<Passage> passage, std::string_view text) {
    co_await asio::async_write(passage->client, asio::buffer(text), kAwait);
}

// Until one side ends or `limit` bytes have gone through.
asio::awaitable<void> pump(std::shared_ptr<Passage> passage, tcp::socket& from, tcp::socket& to, std::uint64_t limit) {
    std::vector<char> piece(kPieceBytes);
    while (true) {
        const auto [read_error, size] = co_await from.async_read_some(asio::buffer(piece), kAwait);
        if (read_error) break;
        if (size > limit) {
            passage->close();
            co_return;
        }
        limit -= size;
        const auto [write_error, written] = co_await asio::async_write(to, asio::buffer(piece.data(), size), kAwait);
        if (write_error) break;
    }
    boost::system::error_code ignored;
    to.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

class EgressProxy::Server {
public:
    Server(AddressPolicy addresses, EgressLimits limits, Descriptor listener)
        : addresses_(addresses),
          limits_(limits),
          user_and_secret_("musicspace:" + random_secret()),
          credentials_(basic_credentials(user_and_secret_)),
          io_(1),
          acceptor_(io_) {
        if (listener.get() >= 0) {
            acceptor_.assign(tcp::v4(), listener.release());
        } else {
            acceptor_ = tcp::acceptor(io_, {asio::ip::address_v4::loopback(), 0});
        }
        port_ = acceptor_.local_endpoint().port();
        asio::co_spawn(io_, accept_all(), asio::detached);
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Server() {
        io_.stop();
        thread_.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string url() const { return "http://" + user_and_secret_ + "@127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    asio::awaitable<void> accept_all() {
        asio::steady_timer pause(io_);
        const auto wait = [&pause] {
            pause.expires_after(std::chrono::milliseconds(100));
            return pause.async_wait(kAwait);
        };
        while (true) {
            while (open_ >= limits_.connections) co_await wait();  // who comes waits in the kernel's queue
            auto [error, socket] = co_await acceptor_.async_accept(kAwait);
            if (error) {
                co_await wait();
                continue;
            }
            auto passage = std::make_shared<Passage>(std::move(socket));
            asio::co_spawn(io_, end_in_time(passage), asio::detached);
            asio::co_spawn(io_, serve(std::move(passage)), asio::detached);
        }
    }

    asio::awaitable<void> end_in_time(std::weak_ptr<Passage> weak) {
        asio::steady_timer timer(io_, limits_.time);
        co_await timer.async_wait(kAwait);
        if (const auto passage = weak.lock()) passage->close();
    }

    asio::awaitable<void> serve(std::shared_ptr<Passage> passage) {
        ++open_;
        co_await converse(passage);
        --open_;
    }

    asio::awaitable<void> converse(std::shared_ptr<Passage> passage) {
        std::string received;
        auto incoming = asio::dynamic_buffer(received, kMaxProxyHead);
        const auto [error, head_size] = co_await asio::async_read_until(passage->client, incoming, "\r\n\r\n", kAwait);
        if (error) co_return;
        const auto request = parse_proxy_request(std::string_view(received).substr(0, head_size));
        if (!request) {
            co_await answer(passage, kMalformed);
            co_return;
        }
        if (request->authorization != credentials_) {
            co_await answer(passage, kWhoAreYou);
            co_return;
        }
        const std::string_view refusal = co_await connect(*passage, *request);
        if (!refusal.empty()) {
            co_await answer(passage, refusal);
            co_return;
        }
        // What came behind the head belongs to the origin: a body, or a tunnel's first bytes.
        const std::string first = request->forwarded + received.substr(head_size);
        if (request->tunnel) co_await answer(passage, kConnected);
        if (!first.empty()) co_await asio::async_write(passage->origin, asio::buffer(first), kAwait);
        asio::co_spawn(io_, pump(passage, passage->client, passage->origin, limits_.bytes), asio::detached);
        co_await pump(passage, passage->origin, passage->client, limits_.bytes);
    }

    // Empty when connected, else what the client is told.
    asio::awaitable<std::string_view> connect(Passage& passage, const ProxyRequest& request) {
        tcp::resolver resolver(io_);
        const auto [error, found] = co_await resolver.async_resolve(request.host, std::to_string(request.port), kAwait);
        if (error) co_return kUnknownName;
        // A name with one forbidden address among several is somebody's trick.
        for (const auto& entry : found) {
            if (may_contact(*entry.endpoint().data(), addresses_)) continue;
            spdlog::info("egress: {} leads to a forbidden address", request.host);
            co_return kForbidden;
        }
        for (const auto& entry : found) {
            boost::system::error_code ignored;
            passage.origin.close(ignored);
            const tcp::endpoint endpoint = entry.endpoint();
            const auto [connect_error] = co_await passage.origin.async_connect(endpoint, kAwait);
            if (!connect_error) co_return std::string_view();
        }
        co_return kUnreachable;
    }

    const AddressPolicy addresses_;
    const EgressLimits limits_;
    const std::string user_and_secret_;
    const std::string credentials_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::size_t open_ = 0;
    std::thread thread_;
};

EgressProxy::EgressProxy(AddressPolicy addresses, EgressLimits limits, Descriptor listener)
    : server_(std::make_unique<Server>(addresses, limits, std::move(listener))) {}

EgressProxy::~EgressProxy() = default;

std::string EgressProxy::url() const { return server_->url(); }

std::uint16_t EgressProxy::port() const { return server_->port(); }

}  // namespace musicspace::transcoder
