#pragma once
// A listener's socket as a stream for Beast, which does the handshake, the reading, pings, pongs and the close: what it writes goes
// through the listener's Outbox, so that nothing of its own ever lands inside a message that is half sent. Include it where the
// WebSocket is alone: it shows Asio.

#include <netinet/tcp.h>

#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "relay/broadcast/outbox.h"

namespace musicspace::relay {

class Line {
public:
    using Socket = boost::asio::ip::tcp::socket;
    using executor_type = Socket::executor_type;

    /// `hold`: what keeps this alive while something is awaited.
    Line(Socket socket, Sender& sender, std::function<void()> drained, std::function<std::shared_ptr<void>()> hold)
        : socket_(std::move(socket)),
          hold_(std::move(hold)),
          outbox_(socket_.native_handle(), sender,
                  {.full = [this] { await_room(); }, .drained = std::move(drained), .broken = [this] { close(); }}) {
        // Little waits in the kernel: what is new is not behind much of what is old.
        constexpr int kUnsentBytes = 4096;
        constexpr int kOn = 1;
        constexpr unsigned kDeadAfterMs = 20'000;  // with something unacknowledged
        ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kDeadAfterMs, sizeof kDeadAfterMs);
        ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
        ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
        boost::system::error_code ignored;
        // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
        socket_.native_non_blocking(true, ignored);
    }

    [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
    [[nodiscard]] Outbox& outbox() { return outbox_; }
    [[nodiscard]] Socket& socket() { return socket_; }
    void close() {
        outbox_.abandon();
        boost::system::error_code ignored;
        // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
        socket_.close(ignored);
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }

    /// Done once the Outbox has it, which takes all or nothing.
    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& data) {
                auto message = std::make_shared<WireMessage>();
                message->bytes.resize(boost::asio::buffer_size(data));
                boost::asio::buffer_copy(boost::asio::buffer(message->bytes), data);
                const std::size_t size = message->bytes.size();
                const bool taken = outbox_.push_own(std::move(message));
                boost::asio::post(
                    get_executor(),
                    boost::asio::append(std::move(handler), taken ? boost::system::error_code() : boost::asio::error::no_buffer_space,
                                        taken ? size : std::size_t{0}));
            },
            token, buffers);
    }

private:
    void await_room() {
        socket_.async_wait(Socket::wait_write, [this, held = hold_()](const boost::system::error_code& error) {
            if (!error) outbox_.resume();
        });
    }

    Socket socket_;
    const std::function<std::shared_ptr<void>()> hold_;
    Outbox outbox_;
};

/// Beast's customization points: the end of a connection, and its end by force.
inline void teardown(boost::beast::role_type role, Line& line, boost::system::error_code& error) {
    line.outbox().abandon();
    boost::beast::websocket::teardown(role, line.socket(), error);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, Line& line, Handler&& handler) {
    line.outbox().abandon();  // what is to be said has been said: it closes the socket
    boost::beast::websocket::async_teardown(role, line.socket(), std::forward<Handler>(handler));
}
inline void beast_close_socket(Line& line) { line.close(); }

}  // namespace musicspace::relay
