#include "relay/http/connection.h"

#include <netinet/tcp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <ctime>
#include <memory>
#include <optional>

#include "relay/http/request_parser.h"
#include "relay/http/response_head.h"
#include "relay/http/upgrade_request.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

HttpResponse failed() {
    return problem_response({500, "internal", "The server failed", "Something went wrong here. The server's log says what; try again."});
}

HttpResponse too_many_connections() {
    return problem_response({429, "too-many-connections", "Too many connections",
                             "Many connections are open from your address. Close some, or ask the server's host to allow more."});
}

/// Makes sure that a request is answered exactly once: only the first answer counts, and when the handler drops its reply unused, the
/// answer is that the server failed.
template <typename Handler>
class Reply {
public:
    explicit Reply(Handler handler) : handler_(std::move(handler)) {}
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() {
        if (!handler_) return;
        auto& context = asio::query(asio::get_associated_executor(*handler_), asio::execution::context);
        if (static_cast<asio::io_context&>(context).stopped()) return;  // nobody is answered while the server ends
        try {
            give(failed());
        } catch (const std::exception&) {  // out of memory: the connection closes without an answer
        }
    }
    void give(HttpResponse response) {
        if (!handler_) return;
        auto executor = asio::get_associated_executor(*handler_);
        asio::post(executor, [handler = *std::exchange(handler_, std::nullopt), response = std::move(response)]() mutable {
            std::move(handler)(std::move(response));
        });
    }

private:
    std::optional<Handler> handler_;
};

using Handle = std::function<void(const HttpRequest&, const HttpReply&)>;

// The handler's callback as something to co_await.
asio::awaitable<HttpResponse> ask(const Handle& handle, const HttpRequest& request) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(HttpResponse)>(
        [&handle, &request](auto handler) {
            const auto reply = std::make_shared<Reply<decltype(handler)>>(std::move(handler));
            try {
                handle(request, [reply](HttpResponse response) { reply->give(std::move(response)); });
            } catch (const std::exception& error) {
                spdlog::error("{} {} failed: {}", request.method, request.path, error.what());
                reply->give(failed());
            }
        },
        asio::use_awaitable);
}

class Connection {
public:
    Connection(asio::ip::tcp::socket socket, const ConnectionServices& services)
        : services_(services), peer_(peer_of(socket)), stream_(std::move(socket)) {
        // With this, little of an answer waits in the kernel, so that it shows whether the client goes on taking it.
        constexpr int kUnsentBytes = 64 << 10;
        ::setsockopt(stream_.socket().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
    }

    asio::awaitable<void> run() {
        // A proxy has many clients: they are counted one by one.
        const bool proxy = services_.door.trusted_proxies.contains(peer_);
        auto place = services_.admission.admit(proxy ? std::string() : address_key(peer_));
        if (!place) {
            const HttpResponse refusal = too_many_connections();
            co_await respond(refusal, false);
            co_return;
        }
        while (co_await read_head()) {
            Entering entering = enter(services_.door, parser_.head(), peer_);
            const bool counted = proxy && !entering.refusal;
            auto among_proxys = counted ? services_.admission.admit(entering.request.address) : std::nullopt;
            if (counted && !among_proxys) entering.refusal = too_many_connections();
            if (!entering.refusal && is_websocket_path(entering.request.path)) {
                auto handshake = parse_handshake(parser_.head());
                if (const auto* accepted = std::get_if<Handshake>(&handshake)) {
                    upgrade(*accepted, entering.request.address, proxy ? *std::move(among_proxys) : *std::move(place));
                    co_return;
                }
                entering.refusal = std::get<HttpResponse>(std::move(handshake));
            }
            if (!co_await serve(std::move(entering))) break;
        }
        co_await say_goodbye();
    }

private:
    static asio::ip::address peer_of(const asio::ip::tcp::socket& socket) {
        beast::error_code no_endpoint;
        return socket.remote_endpoint(no_endpoint).address();
    }

    [[nodiscard]] std::string_view unread() const { return {input_.data() + begin_, end_ - begin_}; }
    void feed() { begin_ += parser_.feed(unread()); }

    asio::awaitable<bool> read_more() {
        begin_ = end_ = 0;
        const auto [error, size] = co_await stream_.async_read_some(asio::buffer(input_), kAwait);
        end_ = size;
        co_return !error;
    }

    /// Returns false when no further request comes; one that is malformed has been answered by then.
    asio::awaitable<bool> read_head() {
        parser_ = RequestParser();
        stream_.expires_after(services_.limits.head);
        feed();
        while (parser_.stage() == RequestParser::Stage::head) {
            const bool more = co_await read_more();
            if (!more) co_return false;
            feed();
        }
        if (parser_.stage() == RequestParser::Stage::refused) {
            const HttpResponse refusal = problem_response(parser_.problem());
            co_await respond(refusal, false);
            co_return false;
        }
        co_return true;
    }

    /// Returns false when the rest of the body does not come. After a body that is refused, the parser's stage is `refused`.
    asio::awaitable<bool> read_body(std::size_t limit) {
        if (parser_.stage() != RequestParser::Stage::body) co_return true;
        parser_.limit_body(limit);
        stream_.expires_after(services_.limits.body);
        feed();
        if (parser_.stage() == RequestParser::Stage::body && parser_.head().expects_continue) {
            const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const std::string_view no_body;
            const bool written = co_await write(go_on, no_body);
            if (!written) co_return false;
            stream_.expires_after(services_.limits.body);
        }
        while (parser_.stage() == RequestParser::Stage::body) {
            const bool more = co_await read_more();
            if (!more) co_return false;
            feed();
        }
        co_return true;
    }

    /// Returns false when the connection has to end.
    asio::awaitable<bool> serve(Entering entering) {
        bool keep_alive = parser_.head().keep_alive;
        if (!entering.refusal) {
            const std::size_t limit = services_.body_limit(entering.request);
            const bool whole = co_await read_body(limit);
            if (!whole) co_return false;
            if (parser_.stage() == RequestParser::Stage::refused) entering.refusal = problem_response(parser_.problem());
        }
        if (parser_.stage() != RequestParser::Stage::done) keep_alive = false;  // the rest of the body stands in the way
        if (entering.refusal) {
            const bool refused = co_await respond(*entering.refusal, keep_alive);
            co_return refused&& keep_alive;
        }
        entering.request.body = parser_.take_body();
        stream_.expires_never();  // opening a link may take longer than reading a request
        const HttpResponse response = co_await ask(services_.handle, entering.request);
        const bool answered = co_await respond(response, keep_alive);
        co_return answered&& keep_alive;
    }

    asio::awaitable<bool> respond(const HttpResponse& response, bool keep_alive) {
        const std::string head = response_head(response, {keep_alive, parser_.head().http10, std::time(nullptr)});
        const bool bodiless = !response.body || parser_.head().method == "HEAD";
        const std::string_view body = bodiless ? std::string_view() : std::string_view(*response.body);
        co_return co_await write(head, body);
    }

    asio::awaitable<bool> write(std::string_view head, std::string_view body) {
        const ConnectionLimits& limits = services_.limits;
        const auto last = Clock::now() + limits.answer + std::chrono::seconds((head.size() + body.size()) / limits.least_rate);
        while (!head.empty() || !body.empty()) {
            stream_.expires_at(std::min(Clock::now() + limits.progress, last));
            const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
            const auto [error, size] = co_await stream_.async_write_some(parts, kAwait);
            if (error) co_return false;
            const std::size_t of_head = std::min(size, head.size());
            head.remove_prefix(of_head);
            body.remove_prefix(size - of_head);
        }
        co_return true;
    }

    void upgrade(const Handshake& handshake, const std::string& address, Admission::Place place) {
        stream_.expires_never();
        services_.take_websocket({stream_.release_socket(), handshake.key, handshake.subprotocol, std::string(unread()), address},
                                 std::move(place));
    }

    /// A connection that is closed while bytes still come in is reset, and the client may lose the answer that it has not read yet.
    asio::awaitable<void> say_goodbye() {
        beast::error_code error;
        // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
        stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
        stream_.expires_after(services_.limits.goodbye);
        bool more = !error;
        while (more) more = co_await read_more();
    }

    const ConnectionServices& services_;
    const asio::ip::address peer_;
    beast::tcp_stream stream_;
    RequestParser parser_;
    std::array<char, 4096> input_{};
    std::size_t begin_ = 0;  ///< start, in input_, of the bytes that belong to no request yet
    std::size_t end_ = 0;
};

}  // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, const ConnectionServices& services) {
    try {
        Connection connection(std::move(socket), services);
        co_await connection.run();
    } catch (const std::exception& error) {
        spdlog::error("a connection ends: {}", error.what());
    }
}

}  // namespace musicspace::relay
