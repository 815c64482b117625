#include "relay/session/websocket.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket.hpp>

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessageBytes = 64U << 10U;
constexpr std::size_t kReadBytes = 16U << 10U;
constexpr auto kHelloTime = std::chrono::seconds(10);
constexpr auto kDeadPeerTime = std::chrono::seconds(20);
constexpr const char* kSubprotocol = "musicspace.v1";

class WebSocket : public std::enable_shared_from_this<WebSocket> {
public:
    WebSocket(beast::tcp_stream stream, WebSocketServices services)
        : socket_(std::move(stream)), metrics_(services.metrics), wake_(socket_.get_executor(), asio::steady_timer::time_point::max()) {
        // The session lives as long as this does; a room's late answers hold only the session.
        session_ = std::make_shared<Session>(
            services.directory, services.tokens,
            Session::Shell{[this] { wake_.cancel(); },
                           [this](std::uint16_t code, const std::string& reason) { ask_to_close(code, reason); }});
    }

    asio::awaitable<void> serve(beast::http::request<beast::http::string_body> request) {
        configure();
        const auto [accept_error] = co_await socket_.async_accept(request, kAwait);
        if (accept_error) co_return;
        asio::co_spawn(socket_.get_executor(), write_all(shared_from_this()), asio::detached);
        asio::co_spawn(socket_.get_executor(), watch_hello(weak_from_this(), socket_.get_executor()), asio::detached);
        co_await read_all();
        session_->on_closed(ServerClock::now());
        reading_ = false;
        wake_.cancel();
    }

private:
    void configure() {
        socket_.next_layer().expires_never();  // the WebSocket's own timeouts follow
        socket_.set_option(websocket::stream_base::timeout{std::chrono::seconds(10), kDeadPeerTime, true});
        socket_.set_option(websocket::stream_base::decorator(
            [](websocket::response_type& response) { response.set(beast::http::field::sec_websocket_protocol, kSubprotocol); }));
        // Not Beast's own limit: its teardown resets the connection while bytes still come in, and the close code is lost.
        socket_.read_message_max(0);
        socket_.auto_fragment(false);  // a Frame is one write, whatever its size
        beast::error_code ignored;
        // NOLINTNEXTLINE(bugprone-unused-return-value): Beast returns the error it has already stored
        socket_.next_layer().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    }

    asio::awaitable<void> read_all() {
        beast::flat_buffer buffer;
        while (true) {
            const auto [error, size] = co_await socket_.async_read_some(buffer, kReadBytes, kAwait);
            if (error) co_return;
            if (buffer.size() > kMaxMessageBytes && !close_reason_) {
                spdlog::info("a client's message is too big, its connection is closed");
                ask_to_close(websocket::close_code::too_big, "A message may have 64 KB at most.");
            }
            if (close_reason_) {
                buffer.clear();  // it may go on talking until it has seen the close
            } else if (socket_.is_message_done()) {
                take_message(buffer.data());
                buffer.clear();
            }
        }
    }

    void take_message(asio::const_buffer message) {
        const ServerTime now = ServerClock::now();
        const auto* data = static_cast<const std::uint8_t*>(message.data());
        if (socket_.got_text()) {
            session_->on_text({reinterpret_cast<const char*>(data), message.size()}, now);
        } else {
            session_->on_binary({data, message.size()}, now);
        }
    }

    static asio::awaitable<void> write_all(std::shared_ptr<WebSocket> self) {
        while (self->reading_) {
            auto message = self->session_->outbox().pop();
            if (message) {
                if (!co_await self->write(*message)) break;
            } else if (self->close_reason_) {
                co_await self->socket_.async_close(*self->close_reason_, kAwait);
                break;
            } else {
                co_await self->wake_.async_wait(kAwait);
            }
        }
        beast::get_lowest_layer(self->socket_).cancel();  // ends the reader too
    }

    asio::awaitable<bool> write(const Outbox::Message& message) {
        beast::error_code error;
        if (const auto* text = std::get_if<TextPtr>(&message)) {
            socket_.text(true);
            error = std::get<0>(co_await socket_.async_write(asio::buffer(**text), kAwait));
        } else if (const auto* frame = std::get_if<FramePtr>(&message)) {
            socket_.binary(true);
            error = std::get<0>(co_await socket_.async_write(asio::buffer((*frame)->bytes), kAwait));
            ++metrics_.frames_sent;
            metrics_.frame_bytes_sent += (*frame)->bytes.size();
        } else {
            socket_.binary(true);
            const auto bytes = time_answer_bytes(std::get<TimeAnswer>(message), ServerClock::now());
            error = std::get<0>(co_await socket_.async_write(asio::buffer(bytes), kAwait));
        }
        co_return !error;
    }

    static asio::awaitable<void> watch_hello(std::weak_ptr<WebSocket> weak, asio::any_io_executor executor) {
        asio::steady_timer timer(executor, kHelloTime);
        co_await timer.async_wait(kAwait);
        if (const auto self = weak.lock()) self->session_->on_hello_overdue();
    }

    void ask_to_close(std::uint16_t code, const std::string& reason) {
        if (!close_reason_) close_reason_ = websocket::close_reason(static_cast<websocket::close_code>(code), reason);
        wake_.cancel();
    }

    websocket::stream<beast::tcp_stream> socket_;
    Metrics& metrics_;
    asio::steady_timer wake_;  ///< never expires; cancelling it wakes the writer
    std::shared_ptr<Session> session_;
    std::optional<websocket::close_reason> close_reason_;
    bool reading_ = true;
};

}  // namespace

asio::awaitable<void> serve_websocket(Upgrade upgrade, WebSocketServices services) {
    const auto socket = std::make_shared<WebSocket>(std::move(upgrade.stream), services);
    co_await socket->serve(std::move(upgrade.request));
}

}  // namespace musicspace::relay
