#pragma once
// What follows the track that plays, and how it takes over: at a seam without a gap where it is known in time. Used by apply() and
// observe() alone; pure.

#include <optional>

#include "relay/room/apply.h"

namespace musicspace::relay {

inline constexpr std::size_t kMostPlayed = 50;

/// An item of its own id, asked for by a member.
[[nodiscard]] QueueItem new_item(RoomState& state, Listed listed, MemberId member, const std::string& label);

/// What plays as the item it was, or would be again.
[[nodiscard]] QueueItem item_of(const NowPlaying& playing);

/// What plays when the current track ends: the same again where it repeats, else what next_in_queue() says.
[[nodiscard]] std::optional<QueueItem> up_next(const RoomState& state);
/// Its id only, which costs no copy; 0: nothing.
[[nodiscard]] ItemId up_next_id(const RoomState& state);

/// Of those that play: the first, or the one with most votes (of equals the oldest).
[[nodiscard]] const QueueItem* next_in_queue(const RoomState& state);

/// The next of the queue is opened, to replace what plays or because nothing does. Without one, nothing changes.
[[nodiscard]] Applied open_next(RoomState state, std::vector<Effect> effects);

/// `item`, of the queue or on its way back into it, is passed over from now on.
void mark_unplayable(RoomState& state, QueueItem& item, const std::string& why);

[[nodiscard]] Outcome skip(RoomState state, const Skip& command, ServerTime at);

/// Whether `previous` at `at` means the start of what plays: it is under way, or nothing played before it.
[[nodiscard]] bool goes_to_start(const RoomState& state, const Previous& command, ServerTime at);
/// What played before is opened again; a skip whose track has not opened yet is taken back.
[[nodiscard]] Outcome go_back(RoomState state);

/// The current track is over or gives way: it is remembered.
void remember_current(RoomState& state);
/// And where all repeats, queued again.
void finish_current(RoomState& state);

[[nodiscard]] Outcome schedule_next(RoomState state, const NextReady& ready, ServerTime now);
[[nodiscard]] Outcome refuse_next(RoomState state, const NextRefused& refused);
[[nodiscard]] Outcome refuse_track(RoomState state, const TrackRefused& refused);
[[nodiscard]] Outcome end_track(RoomState state, const TrackEnded& ended, ServerTime now);

/// The announced track does not follow at the announced seam: another one will, or what plays ends or goes on elsewhere.
void cancel_upcoming(RoomState& state);
/// After the queue has changed at `at`: another track follows than was announced, unless it is too late for that.
void review_upcoming(RoomState& state, ServerTime at);

/// The state as it is at `at`: past the seam where that lies before `at`. Appends what has to be done.
[[nodiscard]] RoomState past_seam(RoomState state, ServerTime at, std::vector<Effect>& effects);

}  // namespace musicspace::relay
