#pragma once
// One HTTP connection: reads requests, asks the Router, writes responses, and hands an upgrade over to the WebSocket.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "relay/http/pending_replies.h"
#include "relay/http/router.h"
#include "relay/session/websocket.h"

namespace musicspace::relay {

struct ConnectionServices {
    Router& router;
    PendingReplies& replies;
    Admission& admission;
    WebSocketServices websockets;
};

boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, ConnectionServices services);

}  // namespace musicspace::relay
