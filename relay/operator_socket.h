#pragma once
// The socket in the data folder by which `musicspace rooms` and the other commands reach the server that runs there. Only the owner of
// the folder may open it (mode 0600). A call is a line of JSON, {"method","path","body"}; the answer is a line with the status, then the
// body, then the end. Owned by main; I/O thread.

#include <functional>
#include <memory>
#include <string>

#include "relay/http/messages.h"

namespace boost::asio {
class io_context;
}

namespace musicspace::relay {

class OperatorSocket {
public:
    using Handler = std::function<void(const HttpRequest&, const HttpReply&)>;

    /// Begins to listen. If it cannot, it logs that, and the server runs without this socket.
    OperatorSocket(boost::asio::io_context& io, const std::string& data_dir, Handler handler);
    ~OperatorSocket();
    OperatorSocket(const OperatorSocket&) = delete;
    OperatorSocket& operator=(const OperatorSocket&) = delete;

    [[nodiscard]] static std::string path_in(const std::string& data_dir) { return data_dir + "/operator.sock"; }

private:
    class Listener;
    std::unique_ptr<Listener> listener_;
};

}  // namespace musicspace::relay
