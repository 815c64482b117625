#include "relay/operator_socket.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "relay/json_text.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLongestCall = 64U << 10U;

bool somebody_answers(asio::io_context& io, const stream_protocol::endpoint& endpoint) {
    stream_protocol::socket socket(io);
    boost::system::error_code error;
    // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
    socket.connect(endpoint, error);
    return !error;
}

void write_answer(const std::shared_ptr<stream_protocol::socket>& socket, const HttpResponse& response) {
    const auto text = std::make_shared<std::string>(std::to_string(response.status) + "\n" + (response.body ? *response.body : ""));
    asio::async_write(*socket, asio::buffer(*text), [socket, text](const boost::system::error_code&, std::size_t) {});
}

asio::awaitable<void> serve(std::shared_ptr<stream_protocol::socket> socket, OperatorSocket::Handler handler) {
    std::string line;
    auto buffer = asio::dynamic_buffer(line, kLongestCall);
    const auto [error, size] = co_await asio::async_read_until(*socket, buffer, '\n', kAwait);
    if (error) co_return;
    const nlohmann::json call = object_of(std::string_view(line).substr(0, size));
    HttpRequest request;
    request.method = text_of(call, "method");
    request.path = text_of(call, "path");
    request.body = text_of(call, "body");
    handler(request, [socket](const HttpResponse& response) { write_answer(socket, response); });
}

asio::awaitable<void> accept_all(stream_protocol::acceptor& acceptor, OperatorSocket::Handler handler) {
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(kAwait);
        if (error == asio::error::operation_aborted) co_return;
        if (error) continue;
        auto shared = std::make_shared<stream_protocol::socket>(std::move(socket));
        asio::co_spawn(acceptor.get_executor(), serve(std::move(shared), handler), asio::detached);
    }
}

}  // namespace

class OperatorSocket::Listener {
public:
    Listener(asio::io_context& io, const std::string& path) : path_(path), acceptor_(io) {
        const stream_protocol::endpoint endpoint(path);
        if (somebody_answers(io, endpoint)) throw std::runtime_error("another server answers there");
        ::unlink(path.c_str());
        const mode_t before = ::umask(0177);
        boost::system::error_code error;
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.bind(endpoint, error);
        ::umask(before);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) throw std::runtime_error(error.message());
    }
    ~Listener() { ::unlink(path_.c_str()); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void start(const Handler& handler) { asio::co_spawn(acceptor_.get_executor(), accept_all(acceptor_, handler), asio::detached); }

private:
    const std::string path_;
    stream_protocol::acceptor acceptor_;
};

OperatorSocket::OperatorSocket(asio::io_context& io, const std::string& data_dir, Handler handler) {
    const std::string path = path_in(data_dir);
    try {
        listener_ = std::make_unique<Listener>(io, path);
        listener_->start(handler);
    } catch (const std::exception& error) {
        spdlog::warn("{} cannot be listened on ({}): 'musicspace rooms' and its like do not reach this server", path, error.what());
    }
}

OperatorSocket::~OperatorSocket() = default;

}  // namespace musicspace::relay
