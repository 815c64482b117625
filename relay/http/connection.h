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
    std::chrono::milliseconds head{20'000};      ///< until a request's head is there, the wait for its first byte included
    std::chrono::milliseconds body{60'000};      ///< until its body is
    std::chrono::milliseconds progress{20'000};  ///< in which the client has to take something of an answer
    std::chrono::milliseconds answer{60'000};    ///< for a whole answer, and besides:
    std::size_t least_rate = 4096;               ///< bytes a second of an answer: half of what the lowest bit rate of sound needs
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
