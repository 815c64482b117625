#pragma once
// A room's state as JSON, the same in a WebSocket `state` message and in GET /api/rooms/{code}. docs/protocol.md describes it.

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "db/store.h"
#include "relay/room/room_state.h"
#include "relay/room/roster.h"
#include "relay/room/sync_report.h"

namespace musicspace::relay {

/// So many members are listed; of more, those who came first, and the number of all.
inline constexpr std::size_t kListedMembers = 50;

/// `now` only serves `positionMs`, for clients without a clock. Text that is no UTF-8 is mended. The queue is a message of its own;
/// `queue_revision` tells one from another.
[[nodiscard]] std::string state_json(const RoomState& state, const Roster& roster, std::uint64_t queue_revision, ServerTime now);
/// The queue's items, as the next two carry them.
[[nodiscard]] std::string queue_items_json(const RoomState& state);
[[nodiscard]] std::string queue_json(std::string_view items, std::uint64_t revision);

/// Both in one, as programs get it over HTTP.
[[nodiscard]] std::string room_json(const RoomState& state, const Roster& roster, std::uint64_t queue_revision, std::string_view items,
                                    ServerTime now);

[[nodiscard]] std::string chat_json(const db::ChatLine& line);
/// The first `count` of the lines.
[[nodiscard]] std::string chat_log_json(const std::deque<db::ChatLine>& lines, std::size_t count);
[[nodiscard]] std::string reaction_json(MemberId member, const std::string& label, const std::string& reaction);

/// How many listen, where only that has changed.
[[nodiscard]] std::string count_json(std::size_t listeners);

/// Who is how far off, by member.
[[nodiscard]] std::string sync_json(const std::vector<std::pair<MemberId, SyncReport>>& reports);

/// What a command carries besides its op, as it is kept in the journal.
[[nodiscard]] std::string arguments_json(const Command& command);

}  // namespace musicspace::relay
