#pragma once
// One WebSocket: the upgrade, a reader and a writer coroutine, the closing. The conversation itself is Session's.

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "relay/http/upgrade.h"
#include "relay/metrics.h"
#include "relay/session/session.h"

namespace musicspace::relay {

struct WebSocketServices {
    RoomDirectory& directory;
    const Tokens& tokens;
    Metrics& metrics;
};

/// Takes over the connection of an upgrade request and serves it to its end.
boost::asio::awaitable<void> serve_websocket(Upgrade upgrade, WebSocketServices services);

}  // namespace musicspace::relay
