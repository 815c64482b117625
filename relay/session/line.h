#pragma once
// A listener's socket as a stream for Beast, which does the handshake, the reading, pings, pongs and the close: what it writes goes
// through the listener's Outbox, so that nothing of its own ever lands inside a message that is half sent. Include it where the
// WebSocket is alone: it shows Asio.

#include <netinet/tcp.h>

#include <boost/asio/append.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "relay/broadcast/outbox.h"

namespace musicspace::relay {

class Line {
public:
    using Socket = boost::asio::ip::tcp::socket;
    using executor_type = Socket::executor_type;

    struct Events {
        std::function<void()> drained;                ///< of the Outbox
        std::function<void(std::size_t)> received;    ///< so many bytes came; called from inside Beast, so nothing may be asked of it there
        std::function<std::shared_ptr<void>()> hold;  ///< what keeps this alive while something is awaited
    };

    /// `early`: bytes that came before, and are read first.
    Line(Socket socket, std::string early, Sender& sender, Events events)
        : socket_(std::move(socket)),
          early_(std::move(early)),
          received_(std::move(events.received)),
          hold_(std::move(events.hold)),
          outbox_(socket_.native_handle(), sender,
                  {.full = [this] { await_room(); }, .drained = std::move(events.drained), .broken = [this] { close(); }}) {
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
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& into) {
                Counting<decltype(handler)> counting{std::move(handler), this};
                if (early_.empty()) {
                    socket_.async_read_some(into, std::move(counting));
                    return;
                }
                const std::size_t size = boost::asio::buffer_copy(into, boost::asio::buffer(early_));
                early_.erase(0, size);
                if (early_.empty()) early_.shrink_to_fit();
                boost::asio::post(get_executor(), boost::asio::append(std::move(counting), boost::system::error_code(), size));
            },
            token, buffers);
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

    /// A handler of a read that counts what it has read.
    template <typename Handler>
    struct Counting {
        Handler handler;
        Line* line;
        void operator()(const boost::system::error_code& error, std::size_t size) {
            if (size != 0) line->received_(size);
            std::move(handler)(error, size);
        }
    };

private:
    void await_room() {
        socket_.async_wait(Socket::wait_write, [this, held = hold_()](const boost::system::error_code& error) {
            if (!error) outbox_.resume();
        });
    }

    Socket socket_;
    std::string early_;
    const std::function<void(std::size_t)> received_;
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

/// Where and how it runs is the handler's own affair.
template <template <typename, typename> class Associator, typename Handler, typename Default>
struct boost::asio::associator<Associator, musicspace::relay::Line::Counting<Handler>, Default> : Associator<Handler, Default> {
    static auto get(const musicspace::relay::Line::Counting<Handler>& counting) noexcept {
        return Associator<Handler, Default>::get(counting.handler);
    }
    static auto get(const musicspace::relay::Line::Counting<Handler>& counting, const Default& fallback) noexcept
        -> decltype(Associator<Handler, Default>::get(counting.handler, fallback)) {
        return Associator<Handler, Default>::get(counting.handler, fallback);
    }
};
