#include "relay/session/websocket.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>

#include "relay/close_code.h"
#include "relay/http/upgrade_request.h"
#include "relay/session/line.h"
#include "relay/session/read_budget.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t kMaxMessageBytes = 256U << 10U;      // five hundred tracks of a playlist, with usual titles
constexpr std::size_t kMaxFirstMessageBytes = 16U << 10U;  // a hello
constexpr std::size_t kMaxFrameBytes = 16U << 20U;         // what a frame may claim to hold before it is cut without being read
constexpr std::size_t kMaxBytesAfterClose = 16U << 20U;    // while the other side finishes its sentence
constexpr std::size_t kReadBytes = 192;                    // most messages are shorter
constexpr auto kHandshakeTime = std::chrono::seconds(10);

using Request = beast::http::request<beast::http::empty_body>;

// What Beast answers; the handshake itself has been checked.
Request request_of(const Upgrade& upgrade) {
    Request request(beast::http::verb::get, "/ws", 11);
    request.set(beast::http::field::host, "localhost");
    request.set(beast::http::field::upgrade, "websocket");
    request.set(beast::http::field::connection, "Upgrade");
    request.set(beast::http::field::sec_websocket_key, upgrade.key);
    request.set(beast::http::field::sec_websocket_version, "13");
    return request;
}

class WebSocket : public std::enable_shared_from_this<WebSocket> {
public:
    WebSocket(Upgrade upgrade, Admission::Place place, const WebSocketServices& services)
        : place_(std::move(place)),
          metrics_(services.metrics),
          budget_(ServerClock::now()),
          stream_(std::move(upgrade.socket), std::move(upgrade.early), services.sender,
                  Line::Events{.drained = [this] { guarded([this] { session_->on_drained(ServerClock::now()); }); },
                               .received = [this](std::size_t size) { on_received(size); },
                               .hold = [this] { return shared_from_this(); }}) {
        // A room's late answers hold the session longer than this lives, but it uses the outbox no more once it is closed.
        session_ = std::make_shared<Session>(services.directory, services.tokens, services.budgets, services.metrics, line().outbox(),
                                             std::move(upgrade.address),
                                             [this](std::uint16_t code, const std::string& reason) { close(code, reason); });
    }

    void serve(std::unique_ptr<Request> request, bool subprotocol, HelloWatch& hellos) {
        configure(subprotocol);
        hellos.expect(hello_, ServerClock::now(), [this] {
            const auto self = shared_from_this();
            guarded([this] { session_->on_hello_overdue(); });
        });
        const Request& kept = *request;
        stream_.async_accept(kept, [self = shared_from_this(), request = std::move(request)](const beast::error_code& error) {
            error ? self->end() : self->read_next();
        });
    }

private:
    using Stream = websocket::stream<Line, false>;

    [[nodiscard]] Line& line() { return stream_.next_layer(); }

    void configure(bool subprotocol) {
        // Only of the handshakes: the Room looks for the dead.
        stream_.set_option(websocket::stream_base::timeout{kHandshakeTime, websocket::stream_base::none(), false});
        stream_.control_callback(
            [this](websocket::frame_type, beast::string_view) { guarded([this] { session_->on_control(ServerClock::now()); }); });
        stream_.set_option(websocket::stream_base::decorator([subprotocol](websocket::response_type& response) {
            if (subprotocol) response.set(beast::http::field::sec_websocket_protocol, kSubprotocol);
        }));
        // Messages have a limit of our own, far lower: Beast's teardown resets the connection while bytes still come in, and the close
        // code is lost.
        stream_.read_message_max(kMaxFrameBytes);
    }

    /// What goes wrong in here ends this connection and no other.
    template <typename Work>
    void guarded(Work work) {
        try {
            work();
        } catch (const std::exception& error) {
            spdlog::error("a client's connection ends: {}", error.what());
            fail();
        }
    }

    void fail() {
        try {
            close(websocket::close_code::internal_error, "The server failed; its log says why.");
        } catch (const std::exception&) {  // out of memory even for that
            line().close();
        }
    }

    // A handler, not a coroutine: a thousand bytes less for each listener.
    void read_next() {
        try {
            stream_.async_read_some(asio::buffer(read_), [self = shared_from_this()](const beast::error_code& error, std::size_t size) {
                if (error) {
                    self->end();
                } else {
                    self->guarded([&] { self->take_part(size); });
                    self->read_next();
                }
            });
        } catch (const std::exception& error) {
            spdlog::error("a client's connection ends: {}", error.what());
            end();
        }
    }

    void end() {
        hello_.give_up();
        guarded([this] { session_->on_closed(ServerClock::now()); });
        // What waits for the line holds on to this.
        line().close();
    }

    // From inside Beast's reading: it is told later.
    void on_received(std::size_t size) {
        if (closing_) {
            after_close_ += size;
            if (after_close_ > kMaxBytesAfterClose) line().close();
        } else if (!budget_.take(size, ServerClock::now()) && !std::exchange(flooded_, true)) {
            guarded(
                [this] { asio::post(line().get_executor(), [self = shared_from_this()] { self->guarded([&] { self->end_flood(); }); }); });
        }
    }

    void end_flood() {
        ++metrics_.too_talkative;
        spdlog::info("a client sends too much, its connection is closed");
        close(close_code::kTooSlow, "You send more than 64 KB a second.");
    }

    void take_part(std::size_t size) {
        if (closing_) return;  // it may go on talking until it has seen the close
        if (begun_.empty() && stream_.is_message_done()) {
            take_message({read_.data(), size});
            return;
        }
        if (!budget_.take(ReadBudget::kPieceCost, ServerClock::now())) {
            end_flood();
            return;
        }
        begun_.insert(begun_.end(), read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(size));
        if (begun_.size() > (session_->greeted() ? kMaxMessageBytes : kMaxFirstMessageBytes)) {
            spdlog::info("a client's message is too big, its connection is closed");
            begun_ = {};
            close(websocket::close_code::too_big, "A message may have 256 KB at most, a hello 16 KB.");
        } else if (stream_.is_message_done()) {
            take_message(std::exchange(begun_, {}));
        }
    }

    void take_message(std::span<const std::uint8_t> message) {
        const ServerTime now = ServerClock::now();
        session_->on_heard(now);
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
        const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
        // The reader ends with it.
        stream_.async_close(why, [self = shared_from_this()](const beast::error_code&) { self->line().close(); });
    }

    const Admission::Place place_;
    Metrics& metrics_;
    HelloWatch::Ticket hello_;
    ReadBudget budget_;
    Stream stream_;
    std::shared_ptr<Session> session_;
    std::array<std::uint8_t, kReadBytes> read_{};
    std::vector<std::uint8_t> begun_;  ///< of a message that is longer, or comes in pieces
    std::size_t after_close_ = 0;      ///< bytes that came since
    bool flooded_ = false;
    bool closing_ = false;
};

}  // namespace

void serve_websocket(Upgrade upgrade, Admission::Place place, const WebSocketServices& services) {
    auto request = std::make_unique<Request>(request_of(upgrade));
    const bool subprotocol = upgrade.subprotocol;
    const auto socket = std::make_shared<WebSocket>(std::move(upgrade), std::move(place), services);
    socket->serve(std::move(request), subprotocol, services.hellos);
}

}  // namespace musicspace::relay
