#pragma once
// Parses the WebSocket handshake (RFC 6455, 4.2.1) in a request to the WebSocket's path. Pure.

#include <string>
#include <variant>

#include "relay/http/messages.h"
#include "relay/http/request_parser.h"

namespace musicspace::relay {

inline constexpr const char* kSubprotocol = "musicspace.v1";

/// "/ws", and "/ws/CODE" for balancers that choose a server by the room.
[[nodiscard]] bool is_websocket_path(std::string_view path);

struct Handshake {
    std::string key;
    bool subprotocol = false;  ///< musicspace.v1 is offered
};

/// The handshake, or the answer that refuses it.
[[nodiscard]] std::variant<Handshake, HttpResponse> parse_handshake(const RequestHead& head);

}  // namespace musicspace::relay
