#include "relay/session/websocket.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket.hpp>

#include "relay/session/line.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessageBytes = 64U << 10U;
constexpr std::size_t kReadBytes = 512;  // most messages are shorter
constexpr auto kHelloTime = std::chrono::seconds(10);
constexpr auto kDeadPeerTime = std::chrono::seconds(20);
constexpr const char* kSubprotocol = "musicspace.v1";

class WebSocket : public std::enable_shared_from_this<WebSocket> {
public:
    WebSocket(Line::Socket socket, const WebSocketServices& services)
        : stream_(
              std::move(socket), services.sender, [this] { session_->on_drained(ServerClock::now()); },
              [this] { return shared_from_this(); }) {
        // A room's late answers hold the session longer than this lives, but it uses the outbox no more once it is closed.
        session_ = std::make_shared<Session>(services.directory, services.tokens, line().outbox(),
                                             [this](std::uint16_t code, const std::string& reason) { close(code, reason); });
    }

    static asio::awaitable<void> serve(std::shared_ptr<WebSocket> self, std::unique_ptr<Request> request) {
        self->configure();
        const auto [error] = co_await self->stream_.async_accept(*request, kAwait);
        request.reset();
        if (!error) co_await self->read_all();
        self->session_->on_closed(ServerClock::now());
        // What waits for the line holds on to this.
        self->line().close();
    }

    static asio::awaitable<void> watch_hello(std::weak_ptr<WebSocket> weak, asio::any_io_executor executor) {
        asio::steady_timer timer(executor, kHelloTime);
        co_await timer.async_wait(kAwait);
        if (const auto self = weak.lock()) self->session_->on_hello_overdue();
    }

private:
    using Stream = websocket::stream<Line, false>;

    [[nodiscard]] Line& line() { return stream_.next_layer(); }

    void configure() {
        stream_.set_option(websocket::stream_base::timeout{std::chrono::seconds(10), kDeadPeerTime, true});
        stream_.set_option(websocket::stream_base::decorator(
            [](websocket::response_type& response) { response.set(beast::http::field::sec_websocket_protocol, kSubprotocol); }));
        // Not Beast's own limit: its teardown resets the connection while bytes still come in, and the close code is lost.
        stream_.read_message_max(0);
    }

    asio::awaitable<void> read_all() {
        while (true) {
            const auto [error, size] = co_await stream_.async_read_some(asio::buffer(read_), kAwait);
            if (error) co_return;
            if (closing_) continue;  // it may go on talking until it has seen the close
            if (begun_.empty() && stream_.is_message_done()) {
                take_message({read_.data(), size});
                continue;
            }
            begun_.insert(begun_.end(), read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(size));
            if (begun_.size() > kMaxMessageBytes) {
                spdlog::info("a client's message is too big, its connection is closed");
                close(websocket::close_code::too_big, "A message may have 64 KB at most.");
            } else if (stream_.is_message_done()) {
                take_message(std::exchange(begun_, {}));
            }
        }
    }

    void take_message(std::span<const std::uint8_t> message) {
        const ServerTime now = ServerClock::now();
        if (stream_.got_text()) {
            session_->on_text({reinterpret_cast<const char*>(message.data()), message.size()}, now);
        } else {
            session_->on_binary(message, now);
        }
    }

    void close(std::uint16_t code, const std::string& reason) {
        if (closing_) return;
        closing_ = true;
        line().outbox().finish();
        asio::co_spawn(line().get_executor(), close_with(shared_from_this(), {static_cast<websocket::close_code>(code), reason}),
                       asio::detached);
    }

    // The reader ends with it.
    static asio::awaitable<void> close_with(std::shared_ptr<WebSocket> self, websocket::close_reason reason) {
        co_await self->stream_.async_close(reason, kAwait);
        self->line().close();
    }

    Stream stream_;
    std::shared_ptr<Session> session_;
    std::array<std::uint8_t, kReadBytes> read_{};
    std::vector<std::uint8_t> begun_;  ///< of a message that is longer, or comes in pieces
    bool closing_ = false;
};

}  // namespace

void serve_websocket(Upgrade upgrade, const WebSocketServices& services) {
    const auto executor = upgrade.socket.get_executor();
    const auto socket = std::make_shared<WebSocket>(std::move(upgrade.socket), services);
    asio::co_spawn(executor, WebSocket::serve(socket, std::make_unique<Request>(std::move(upgrade.request))), asio::detached);
    asio::co_spawn(executor, WebSocket::watch_hello(socket, executor), asio::detached);
}

}  // namespace musicspace::relay
