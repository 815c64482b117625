// The part of Room that writes down what outlives the server.

#include "relay/room/room.h"
#include "relay/room/saved_room.h"
#include "relay/room/saved_settings.h"

namespace musicspace::relay {

void Room::save(const RoomState& before, ServerTime now) {
    db::RoomChange change{id(),
                          state_.last_epoch,
                          std::string(name_of(state_.status)),
                          state_.now_playing ? state_.now_playing->track.link : std::string(),
                          samples(state_.timeline.position_at(now)),
                          {},
                          {},
                          life_.used,
                          life_.kept_by,
                          life_.empty_since.has_value()};
    // What has not been opened yet after a restart is where it was.
    if (state_.suspended) {
        change.status = state_.suspended->paused ? "paused" : "buffering";
        change.position_samples = samples(state_.suspended->from);
    } else if (!state_.now_playing && state_.pending) {
        change.status = state_.pending->paused ? "paused" : "buffering";
        change.position_samples = samples(state_.pending->from);
    }
    if (before.settings != state_.settings) change.settings_json = saved_settings(state_.settings);
    const auto item = [](const RoomState& state) {
        return std::array{state.now_playing ? state.now_playing->item : 0, state.pending ? state.pending->item.id : 0};
    };
    if (before.queue != state_.queue || before.played != state_.played || item(before) != item(state_))
        change.queue_json = saved_queue(state_);
    services_.store.record_change(std::move(change));
    place_due_ = now + kPlaceSaved;
    life_saved_at_ = now;
}

// While it plays, time changes the position.
void Room::save_place(ServerTime now) {
    if (state_.status == Status::playing && now >= place_due_) save(state_, now);
}

}  // namespace musicspace::relay
