#pragma once
// One HTTP connection: reads requests, asks the Router, writes responses, and hands an upgrade over to the WebSocket.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "relay/http/router.h"
#include "relay/session/websocket.h"

namespace musicspace::relay {

boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, Router& router, WebSocketServices websockets);

}  // namespace musicspace::relay
