#pragma once
// One WebSocket: the handshake, the reading, the closing. The conversation itself is Session's, the writing the Sender's.

#include "relay/admission.h"
#include "relay/broadcast/sender.h"
#include "relay/http/upgrade.h"
#include "relay/session/hello_watch.h"
#include "relay/session/session.h"

namespace musicspace::relay {

struct WebSocketServices {
    RoomDirectory& directory;
    const Tokens& tokens;
    AddressBudgets& budgets;
    Sender& sender;
    HelloWatch& hellos;
    Metrics& metrics;
};

/// Takes over the connection of an upgrade request and serves it to its end, which comes later; `place` is given back then.
void serve_websocket(Upgrade upgrade, Admission::Place place, const WebSocketServices& services);

}  // namespace musicspace::relay
