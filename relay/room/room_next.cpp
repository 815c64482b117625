// The part of Room that deals with what comes after the track that plays: its first item is opened ahead of time, and takes over at the
// sample where the current track ends.

#include <spdlog/spdlog.h>

#include "relay/room/room.h"
#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

constexpr std::chrono::seconds kOpenedAhead{60};  // media addresses expire: not much earlier than they are needed
constexpr MediaDuration kMadeAhead{kSampleRate * 12};
constexpr MediaDuration kEnoughToFollow{kSampleRate};

}  // namespace

// When the track that plays will be over, as far as is known.
std::optional<ServerTime> Room::end_due() const {
    if (state_.status != Status::playing || !stream_) return std::nullopt;
    if (const auto end = stream_->logs.end()) return state_.timeline.due_at(*end);
    if (const auto duration = state_.now_playing->track.duration) return state_.timeline.due_at(MediaTime{*duration});
    return std::nullopt;
}

void Room::watch_next(ServerTime now) {
    constexpr auto kOpenedApart = std::chrono::seconds(3);  // votes may change what is next again and again, and sites come back
    const ItemId first = up_next_id(state_);
    if (next_.id != first) next_ = Opening{};
    const auto due = end_due();
    if (first == 0 || !due || state_.pending) return;
    if (next_.id == 0 && *due - now <= kOpenedAhead && now >= next_opened_at_ + kOpenedApart) {
        next_opened_at_ = now;
        (void)open_link(next_, first, up_next(state_)->listed.link, MediaTime{});
    }
    if (!next_.stream) return;
    Stream& next = *next_.stream;
    if (next.speed != state_.speed_for(next.track)) open_pipeline(next, MediaTime{});
    if (!next_.stream) return;
    if (next.pipeline) next.pipeline->allow_until(MediaTime{kMadeAhead * next.speed / kNormalSpeed});
    const bool ready = next.logs.produced_until() && wanted_cover(next, MediaTime{}, kEnoughToFollow * next.speed / kNormalSpeed);
    if (!ready || state_.upcoming || !stream_->logs.end() || !stream_->failure.empty()) return;
    observe_now(NextReady{first, state_.epoch, *stream_->logs.end(), next.track, next.gain_db}, now);
}

// Its frames go out ahead of their time like all others, while the current track's last ones are still to be heard.
void Room::follow_upcoming(ServerTime now) {
    if (!state_.upcoming) {
        next_broadcaster_.stop();
    } else if (!next_broadcaster_.running() || next_broadcaster_.epoch() != state_.upcoming->epoch) {
        next_broadcaster_.start(state_.upcoming->epoch, MediaTime{},
                                [timeline = state_.upcoming->timeline](MediaTime position) { return timeline.due_at(position); });
        next_timeline_ = state_.upcoming->timeline;
        for (Listener* listener : listeners_) {
            // A listener that was in the track which was called off has nothing of this one, and would be visited too late.
            if (listener->next_cursor.packet >= 0) schedule_.at(*listener, now);
            listener->next_cursor = {};
        }
    }
}

void Room::carry_out(const AdoptNextStream& /*effect*/, ServerTime /*now*/) {
    stream_ = std::exchange(next_, Opening{}).stream;
    broadcaster_ = std::exchange(next_broadcaster_, Broadcaster{});
    broadcast_timeline_ = next_timeline_;
    for (Listener* listener : listeners_) listener->cursor = std::exchange(listener->next_cursor, Cursor{});
    fetch_artwork();
}

}  // namespace musicspace::relay
