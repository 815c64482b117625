#pragma once
// A room's state as JSON, the same in a WebSocket `state` message and in GET /api/rooms/{code}. docs/protocol.md describes it.

#include <string>

#include "relay/room/room_state.h"

namespace musicspace::relay {

/// `now` only serves `positionMs`, for clients without a clock. Text that is no UTF-8 is mended.
[[nodiscard]] std::string state_json(const RoomState& state, ServerTime now);

/// What a command carries besides its op, as it is kept in the journal.
[[nodiscard]] std::string arguments_json(const Command& command);

}  // namespace musicspace::relay
