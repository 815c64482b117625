#pragma once
// What follows the track that plays: the queue, and the seam at which its first item takes over without a gap. Used by apply() and
// observe() alone; pure.

#include "relay/room/apply.h"

namespace musicspace::relay {

inline constexpr std::size_t kMostQueued = 500;

[[nodiscard]] Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddToQueue& command);
[[nodiscard]] Outcome remove_from_queue(RoomState state, const RemoveFromQueue& command);
[[nodiscard]] Outcome skip(RoomState state, ServerTime at);

/// The queue's first item is opened, to replace what plays or because nothing does. The queue must not be empty.
[[nodiscard]] Applied open_next(RoomState state, std::vector<Effect> effects);

[[nodiscard]] Outcome schedule_next(RoomState state, const NextReady& ready, ServerTime now);
[[nodiscard]] Outcome refuse_next(RoomState state, const NextRefused& refused);

/// What plays goes on to another place, or ends: the seam will not be where it was announced.
void cancel_upcoming(RoomState& state);

/// The state as it is at `at`: past the seam where that lies before `at`. Appends what has to be done.
[[nodiscard]] RoomState past_seam(RoomState state, ServerTime at, std::vector<Effect>& effects);

}  // namespace musicspace::relay
