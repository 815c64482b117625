#pragma once
// Who may do what, who is host, who is out, and what the host has set for all. Used by apply() and observe() alone; pure.

#include <optional>

#include "relay/room/apply.h"

namespace musicspace::relay {

/// Why the one who asks may not, if so.
[[nodiscard]] std::optional<Rejection> refuse_right(const RoomState& state, const CommandRequest& request);

[[nodiscard]] Outcome set_role(RoomState state, const CommandRequest& request, const SetRole& command);
[[nodiscard]] Outcome set_rights(RoomState state, const SetRights& command, ServerTime at);
[[nodiscard]] Outcome expel(RoomState state, const CommandRequest& request, MemberId member, bool ban);
[[nodiscard]] Outcome unban(RoomState state, const Unban& command);
/// The host is away: the successor takes over, the old host stays a DJ.
[[nodiscard]] Outcome succeed_host(RoomState state, const HostAway& away);

}  // namespace musicspace::relay
