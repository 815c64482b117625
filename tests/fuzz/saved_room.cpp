// Whatever the database gives back: a room that can be saved and shown, and whose texts are clean. The input is the settings, a line
// end, and the queue.

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "relay/base/text.h"
#include "relay/room/queue_rules.h"
#include "relay/room/roster.h"
#include "relay/room/saved_room.h"
#include "relay/room/saved_settings.h"
#include "relay/room/state_json.h"
#include "relay/room/succession.h"
#include "tests/fuzz/demand.h"

using namespace musicspace;
using namespace musicspace::relay;

namespace {

void check(const QueueItem& item) {
    demand_clean(item.listed.title, kTitleText);
    demand_clean(item.listed.artist, kArtistText);
    demand_clean(item.label, kLabelText);
    demand_clean(item.unplayable, kNoticeText);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto end = std::min(text.find('\n'), text.size());
    const std::string queue = end < text.size() ? text.substr(end + 1) : std::string();
    RoomState state;
    state.code = "ABC23";
    (void)restore(state, {text.substr(0, end), queue, MediaTime{}, true});
    demand_clean(state.settings.name, kRoomNameText);
    demand(state.settings.volume >= 0 && state.settings.volume <= 100);
    demand(state.settings.speed >= kSlowest && state.settings.speed <= kFastest);
    demand(state.queue.size() <= kMostQueued && state.played.size() <= kMostPlayed);
    for (const auto& items : {state.queue, state.played}) {
        for (const QueueItem& item : items) check(item);
    }
    if (state.suspended) check(state.suspended->item);
    const Roster nobody;
    demand(nlohmann::json::accept(room_json(state, nobody, 1, queue_items_json(state), ServerTime{})));
    // What was read is written, and read again as the same.
    RoomState again;
    again.code = state.code;
    (void)restore(again, {saved_settings(state.settings), saved_queue(state), MediaTime{}, true});
    demand(again.settings == state.settings);
    demand(again.queue == state.queue && again.played == state.played);
    return 0;
}
