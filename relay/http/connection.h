#pragma once
// One HTTP connection: reads requests, has them answered, and hands an upgrade over to the WebSocket. I/O thread. Whatever goes wrong in
// here, or in what answers, ends this connection only.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <functional>

#include "relay/admission.h"
#include "relay/http/front_door.h"
#include "relay/http/messages.h"
#include "relay/http/upgrade.h"

namespace musicspace::relay {

struct ConnectionLimits {
    std::chrono::milliseconds head{20'000};      ///< for a request's head, including the wait for its first byte
    std::chrono::milliseconds body{60'000};      ///< for its body
    std::chrono::milliseconds progress{20'000};  ///< within which the client has to take some more of an answer
    std::chrono::milliseconds answer{60'000};    ///< for a whole answer, plus its size divided by
    std::size_t least_rate = 4096;               ///< this many bytes a second: half of what the lowest bit rate of sound needs
    std::chrono::milliseconds goodbye{2'000};    ///< in which a client may read the last answer before the connection is reset
};

struct ConnectionServices {
    /// Answers a request, once, now or later.
    std::function<void(const HttpRequest&, const HttpReply&)> handle;
    /// How long the body of a request may be, by its head.
    std::function<std::size_t(const HttpRequest&)> body_limit;
    std::function<void(Upgrade, Admission::Place)> take_websocket;
    Admission& admission;
    FrontDoor door;
    ConnectionLimits limits{};
};

/// `services` has to outlive the connection.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, const ConnectionServices& services);

}  // namespace musicspace::relay
