#include "relay/session/websocket.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/beast/websocket.hpp>

#include "relay/session/line.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::size_t kMaxMessageBytes = 64U << 10U;
constexpr std::size_t kReadBytes = 192;  // most messages are shorter
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr const char* kSubprotocol = "musicspace.v1";

class WebSocket : public std::enable_shared_from_this<WebSocket> {
public:
    WebSocket(Line::Socket socket, std::string address, Admission::Place place, const WebSocketServices& services)
        : place_(std::move(place)),
          stream_(
              std::move(socket), services.sender, [this] { session_->on_drained(ServerClock::now()); },
              [this] { return shared_from_this(); }) {
        // A room's late answers hold the session longer than this lives, but it uses the outbox no more once it is closed.
        session_ =
            std::make_shared<Session>(services.directory, services.tokens, services.budgets, services.metrics, line().outbox(),
                                      std::move(address), [this](std::uint16_t code, const std::string& reason) { close(code, reason); });
    }

    void serve(std::unique_ptr<Request> request) {
        configure();
        const Request& kept = *request;
        stream_.async_accept(kept, [self = shared_from_this(), request = std::move(request)](const beast::error_code& error) {
            error ? self->end() : self->read_next();
        });
    }

    void on_hello_overdue() { session_->on_hello_overdue(); }

private:
    using Stream = websocket::stream<Line, false>;

    [[nodiscard]] Line& line() { return stream_.next_layer(); }

    void configure() {
        // Only of the handshakes: the Room looks for the dead.
        stream_.set_option(websocket::stream_base::timeout{kHandshakeTime, websocket::stream_base::none(), false});
        stream_.control_callback([this](websocket::frame_type, beast::string_view) { session_->on_heard(ServerClock::now()); });
        stream_.set_option(websocket::stream_base::decorator(
            [](websocket::response_type& response) { response.set(beast::http::field::sec_websocket_protocol, kSubprotocol); }));
        // Not Beast's own limit: its teardown resets the connection while bytes still come in, and the close code is lost.
        stream_.read_message_max(0);
    }

    // A handler, not a coroutine: a thousand bytes less for each listener.
    void read_next() {
        stream_.async_read_some(asio::buffer(read_), [self = shared_from_this()](const beast::error_code& error, std::size_t size) {
            if (error) {
                self->end();
            } else {
                self->take_part(size);
                self->read_next();
            }
        });
    }

    void end() {
        session_->on_closed(ServerClock::now());
        // What waits for the line holds on to this.
        line().close();
    }

    void take_part(std::size_t size) {
        if (closing_) return;  // it may go on talking until it has seen the close
        if (begun_.empty() && stream_.is_message_done()) {
            take_message({read_.data(), size});
            return;
        }
        begun_.insert(begun_.end(), read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(size));
        if (begun_.size() > kMaxMessageBytes) {
            spdlog::info("a client's message is too big, its connection is closed");
            close(websocket::close_code::too_big, "A message may have 64 KB at most.");
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
    Stream stream_;
    std::shared_ptr<Session> session_;
    std::array<std::uint8_t, kReadBytes> read_{};
    std::vector<std::uint8_t> begun_;  ///< of a message that is longer, or comes in pieces
    bool closing_ = false;
};

}  // namespace

void serve_websocket(Upgrade upgrade, Admission::Place place, const WebSocketServices& services) {
    const auto socket = std::make_shared<WebSocket>(std::move(upgrade.socket), std::move(upgrade.address), std::move(place), services);
    socket->serve(std::make_unique<Request>(std::move(upgrade.request)));
    services.hellos.expect([weak = std::weak_ptr(socket)] {
        if (const auto self = weak.lock()) self->on_hello_overdue();
    });
}

}  // namespace musicspace::relay
