#pragma once
// The settings of a room as a JSON document, and back; saved_room.h says what becomes of what cannot be read. Pure.

#include <string>
#include <vector>

#include "relay/room/room_state.h"

namespace musicspace::relay {

[[nodiscard]] std::string saved_settings(const Settings& settings);

struct ReadSettings {
    Settings settings;
    std::vector<std::string> unreadable;  ///< keys, or "settings" for the whole document
    bool safe = true;                     ///< nothing of it says who may come in or who may do what
    // What of that could not be read.
    bool roles_lost = false;
    bool outcasts_lost = false;  ///< who was removed or banned
};

[[nodiscard]] ReadSettings read_settings(const std::string& document);

}  // namespace musicspace::relay
