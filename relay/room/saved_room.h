#pragma once
// What of a room outlives the server, as the two JSON documents of its row: what was set, and what was queued, plays and has played.
// Pure. Reading never throws. A document of settings carries a version, and each of its keys is read by itself:
// - a key that is newer than the document has its default;
// - a key that should be there and is missing, or cannot be understood, has its default too, and where it says who may come in or who may
//   do what, the room is locked: it closes rather than opens.
// The queue loses the items that cannot be understood, and only those.

#include <string>
#include <vector>

#include "relay/room/room_state.h"

namespace musicspace::relay {

[[nodiscard]] std::string saved_queue(const RoomState& state);

struct SavedRoom {
    std::string settings;  ///< empty: none were saved
    std::string queue;     ///< empty: none was saved
    // Where the music was when the server went down.
    MediaTime position{};
    bool playing = false;  ///< else it was paused
    // Of all members that the room ever had; 0: it has none.
    MemberId first_member = 0;
    MemberId last_member = 0;
};

struct Restored {
    std::vector<std::string> unreadable;  ///< keys of the settings, or "settings" for all of them
    bool locked = false;                  ///< for that reason
    std::size_t items_lost = 0;
};

/// What played is suspended until somebody is back.
Restored restore(RoomState& state, const SavedRoom& saved);

}  // namespace musicspace::relay
