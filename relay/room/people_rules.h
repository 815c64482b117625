#pragma once
// Who may do what, who is host, who is out, and what the host has set for all. Used by apply() and observe() alone; pure.

#include <optional>

#include "relay/room/apply.h"

namespace musicspace::relay {

inline constexpr std::size_t kMostRoles = 100;
inline constexpr std::size_t kMostBanned = 200;
inline constexpr std::size_t kMostExpelled = 1'000;

/// What somebody hears who was sent away.
[[nodiscard]] std::string reason_of(Standing standing);

/// Nobody gets in any more with the token of `member`.
void expel(Settings& settings, MemberId member);

/// Why the one who asks may not, if so.
[[nodiscard]] std::optional<Rejection> refuse_right(const RoomState& state, const CommandRequest& request);

[[nodiscard]] Outcome set_role(RoomState state, const CommandRequest& request, const SetRole& command);
[[nodiscard]] Outcome set_rights(RoomState state, const SetRights& command, ServerTime at);
[[nodiscard]] Outcome expel(RoomState state, const CommandRequest& request, MemberId member, bool ban);
[[nodiscard]] Outcome unban(RoomState state, const Unban& command);
/// The host is away: the successor takes over. The old host is a DJ until the next succession: of all who were succeeded, one is.
[[nodiscard]] Outcome succeed_host(RoomState state, const HostAway& away);

}  // namespace musicspace::relay
