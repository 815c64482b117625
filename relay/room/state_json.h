#pragma once
// A room's state as JSON, the same in a WebSocket `state` message and in GET /api/rooms/{code}. docs/protocol.md describes it.

#include <string>
#include <utility>
#include <vector>

#include "relay/room/room_state.h"
#include "relay/room/roster.h"
#include "relay/room/sync_report.h"

namespace musicspace::relay {

/// So many members are listed; of more, those who came first, and the number of all.
inline constexpr std::size_t kListedMembers = 50;

/// `now` only serves `positionMs`, for clients without a clock. Text that is no UTF-8 is mended.
[[nodiscard]] std::string state_json(const RoomState& state, const Roster& roster, ServerTime now);

/// How many listen, where only that has changed.
[[nodiscard]] std::string count_json(std::size_t listeners);

/// Who is how far off, by member.
[[nodiscard]] std::string sync_json(const std::vector<std::pair<MemberId, SyncReport>>& reports);

/// What a command carries besides its op, as it is kept in the journal.
[[nodiscard]] std::string arguments_json(const Command& command);

}  // namespace musicspace::relay
