#include "relay/http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "relay/http/client_address.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMaxBodyBytes = 64U << 10U;
constexpr auto kRequestTime = std::chrono::seconds(20);

// Programs send no Origin. A browser sends its page's, which has to be of this server.
bool same_origin(const Request& request) {
    const std::string_view origin(request[http::field::origin].data(), request[http::field::origin].size());
    if (origin.empty()) return true;
    const auto scheme = origin.find("://");
    return scheme != std::string_view::npos &&
           origin.substr(scheme + 3) == std::string_view(request[http::field::host].data(), request[http::field::host].size());
}

// Nobody refuses it by ";q=0" who names it.
bool takes_gzip(const Request& request) {
    const auto accepted = request[http::field::accept_encoding];
    return std::string_view(accepted.data(), accepted.size()).find("gzip") != std::string_view::npos;
}

HttpRequest plain(const Request& request, const std::string& address) {
    const std::string_view target(request.target().data(), request.target().size());
    return {std::string(request.method_string()),
            std::string(target.substr(0, target.find('?'))),
            target.find('?') == std::string_view::npos ? std::string() : std::string(target.substr(target.find('?') + 1)),
            std::string(request[http::field::authorization]),
            address,
            request.body(),
            takes_gzip(request),
            std::string(request[http::field::cookie]),
            !request[http::field::origin].empty() && same_origin(request),
            request["X-Forwarded-Proto"] == "https"};
}

// The Router's callback as something to co_await.
asio::awaitable<HttpResponse> ask(Router& router, PendingReplies& replies, HttpRequest request) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(HttpResponse)>(
        [&router, &replies](auto handler, const HttpRequest& it) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            router.handle(it, replies.keep([shared](HttpResponse response) {
                auto executor = asio::get_associated_executor(*shared);
                asio::post(executor, [shared, response = std::move(response)]() mutable { std::move (*shared)(std::move(response)); });
            }));
        },
        asio::use_awaitable, std::move(request));
}

asio::awaitable<bool> write_response(beast::tcp_stream& stream, const HttpResponse& response, bool head, unsigned version,
                                     bool keep_alive) {
    const bool bodiless = head || !response.body;
    http::response<http::span_body<const char>> message;
    message.result(static_cast<unsigned>(response.status));
    message.version(version);
    message.set(http::field::content_type, response.content_type);
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Referrer-Policy", "no-referrer");
    for (const auto& [name, value] : response.headers) message.insert(name, value);  // of Set-Cookie there are several
    message.keep_alive(keep_alive);
    if (response.body) message.body() = {response.body->data(), response.body->size()};
    message.prepare_payload();
    http::response_serializer<http::span_body<const char>> serializer(message);
    stream.expires_after(kRequestTime);
    const auto [error, size] =
        bodiless ? co_await http::async_write_header(stream, serializer, kAwait) : co_await http::async_write(stream, serializer, kAwait);
    co_return !error;
}

Problem problem_of_read(const beast::error_code& error) {
    if (error == http::error::body_limit) return {413, "too-large", "The request is too large", "A request may have 64 KB at most."};
    if (error == http::error::header_limit)
        return {431, "headers-too-large", "The request's headers are too large", "Send fewer or shorter headers."};
    return {400, "bad-request", "Not an HTTP request", "The request could not be understood."};
}

Problem too_many_connections() {
    return {429, "too-many-connections", "Too many connections",
            "Many connections are open from your address. Close some, or ask the server's host to allow more."};
}

Problem wrong_origin() {
    return {403, "wrong-origin", "Another site's page",
            "Only pages of this server may connect to it. A proxy in front has to pass the Host header on."};
}

bool is_protocol_error(const beast::error_code& error) {
    return error != http::error::end_of_stream && error != http::error::partial_message &&
           error.category() == http::make_error_code(http::error::bad_method).category();
}

}  // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, ConnectionServices services) {
    beast::error_code no_endpoint;
    const std::string peer = address_key(socket.remote_endpoint(no_endpoint).address());
    auto place = services.admission.admit(peer);
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    if (!place) {
        const HttpResponse refused = problem_response(too_many_connections());
        co_await write_response(stream, refused, false, 11, false);
    }
    while (place) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(kMaxBodyBytes);
        stream.expires_after(kRequestTime);
        const auto [error, size] = co_await http::async_read(stream, buffer, parser, kAwait);
        if (error) {
            const HttpResponse refused = problem_response(problem_of_read(error));
            if (is_protocol_error(error)) co_await write_response(stream, refused, false, 11, false);
            break;
        }
        Request request = parser.release();
        const std::string_view forwarded(request["X-Forwarded-For"].data(), request["X-Forwarded-For"].size());
        const std::string address = client_address(peer, forwarded);
        if (beast::websocket::is_upgrade(request) && request.target() == "/ws") {
            if (!same_origin(request)) {
                const HttpResponse refused = problem_response(wrong_origin());
                co_await write_response(stream, refused, false, 11, false);
                break;
            }
            // Behind a proxy on this machine it is the proxy's client that counts.
            auto listening = peer.empty() ? services.admission.admit(address) : std::move(place);
            if (!listening) {
                const HttpResponse refused = problem_response(too_many_connections());
                co_await write_response(stream, refused, false, 11, false);
                break;
            }
            stream.expires_never();
            serve_websocket({stream.release_socket(), std::move(request), address}, *std::move(listening), services.websockets);
            co_return;
        }
        const bool keep_alive = request.keep_alive();
        stream.expires_never();  // opening a link may take longer than reading a request
        HttpRequest asked = plain(request, address);
        const HttpResponse response = co_await ask(services.router, services.replies, std::move(asked));
        if (!co_await write_response(stream, response, request.method() == http::verb::head, request.version(), keep_alive) || !keep_alive)
            break;
    }
    beast::error_code ignored;
    // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace musicspace::relay
