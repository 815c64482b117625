#pragma once
// What is in the queue, in which order, and how it is voted on. Used by apply() and observe() alone; pure.

#include "relay/room/apply.h"

namespace musicspace::relay {

inline constexpr std::size_t kMostQueued = 500;

[[nodiscard]] Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddToQueue& command);
[[nodiscard]] Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddManyToQueue& command, ServerTime at);
[[nodiscard]] Outcome remove_from_queue(RoomState state, const RemoveFromQueue& command);
[[nodiscard]] Outcome move_in_queue(RoomState state, const MoveInQueue& command, ServerTime at);
[[nodiscard]] Outcome play_item(RoomState state, const PlayItem& command);
[[nodiscard]] Outcome clear_queue(RoomState state);
/// `seed` decides the order.
[[nodiscard]] Outcome shuffle_queue(RoomState state, std::uint64_t seed, ServerTime at);
[[nodiscard]] Outcome set_repeat(RoomState state, const SetRepeat& command, ServerTime at);

[[nodiscard]] Outcome vote(RoomState state, const CommandRequest& request, const Vote& command, ServerTime at);
[[nodiscard]] Outcome vote_skip(RoomState state, const CommandRequest& request, const VoteSkip& command, ServerTime at);
/// So many votes skip a track: the share of those present, one at least.
[[nodiscard]] std::size_t votes_to_skip(const RoomState& state, std::size_t listeners);
[[nodiscard]] Outcome recount(RoomState state, const ListenersChanged& changed, ServerTime at);

[[nodiscard]] Outcome note_listing(RoomState state, const LinkListed& listed, ServerTime at);

}  // namespace musicspace::relay
