#pragma once
// What of a room outlives the server, as the two JSON documents of its row: what was set, and what was queued, plays and has played.
// Pure. Reading never throws: what cannot be understood is as if it had not been saved.

#include <string>

#include "relay/room/room_state.h"

namespace musicspace::relay {

[[nodiscard]] std::string saved_settings(const RoomState& state);
[[nodiscard]] std::string saved_queue(const RoomState& state);

/// Where the music was when the server went down.
struct SavedPlace {
    MediaTime position;
    bool playing = false;  ///< else it was paused
};

/// What played is suspended until somebody is back.
void restore(RoomState& state, const std::string& settings, const std::string& queue, const SavedPlace& place);

}  // namespace musicspace::relay
