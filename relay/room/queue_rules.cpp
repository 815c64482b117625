#include "relay/room/queue_rules.h"

#include <algorithm>

namespace musicspace::relay {

Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddToQueue& command) {
    if (state.queue.size() >= kMostQueued) {
        return Rejection{Refusal::queue_full, "The queue is full (" + std::to_string(kMostQueued) + " tracks). Remove some first."};
    }
    state.queue.push_back({++state.last_pending, command.link, request.member, request.label, true});
    const bool first = !state.now_playing && !state.pending && state.queue.size() == 1;
    if (!first) return Applied{std::move(state), {}};
    return open_next(std::move(state), {});
}

Outcome remove_from_queue(RoomState state, const RemoveFromQueue& command) {
    const auto item = std::ranges::find(state.queue, command.item, &PendingLink::id);
    if (item == state.queue.end()) return Rejection{Refusal::not_queued, "This track is no longer in the queue."};
    if (item == state.queue.begin()) cancel_upcoming(state);
    state.queue.erase(item);
    return Applied{std::move(state), {}};
}

Outcome skip(RoomState state, ServerTime at) {
    if (!state.now_playing && !state.pending) return Rejection{Refusal::nothing_playing, "Nothing is playing. Paste a link first."};
    std::vector<Effect> effects;
    if (state.pending) effects.emplace_back(CancelPending{});
    state.pending.reset();
    if (!state.queue.empty()) return open_next(std::move(state), std::move(effects));
    effects.emplace_back(DropStream{});
    state.become_idle(at);
    return Applied{std::move(state), std::move(effects)};
}

Applied open_next(RoomState state, std::vector<Effect> effects) {
    cancel_upcoming(state);
    state.pending = std::move(state.queue.front());
    state.queue.erase(state.queue.begin());
    effects.emplace_back(ResolveLink{*state.pending});
    return {std::move(state), std::move(effects)};
}

Outcome schedule_next(RoomState state, const NextReady& ready, ServerTime now) {
    const bool fits = state.status == Status::playing && !state.upcoming && !state.pending && !state.queue.empty() &&
                      state.queue.front().id == ready.item && state.epoch == ready.epoch;
    if (!fits) return not_applicable();
    const ServerTime at = state.timeline.due_at(ready.end);
    // So late it would reach nobody in time: the track ends, and the next one starts after it.
    if (at < now + kControlLead) return not_applicable();
    const PendingLink& item = state.queue.front();
    state.upcoming = Upcoming{{ready.track, {}, item.member, item.label, ready.gain_db},
                              state.epoch + 1,
                              Timeline::running_from(MediaTime{}, at, state.speed_for(ready.track))};
    return Applied{std::move(state), {}};
}

Outcome refuse_next(RoomState state, const NextRefused& refused) {
    const auto item = std::ranges::find(state.queue, refused.item, &PendingLink::id);
    if (item == state.queue.end()) return not_applicable();
    if (item == state.queue.begin()) cancel_upcoming(state);
    state.notice = "Skipped " + item->link + ": " + refused.why;
    state.queue.erase(item);
    return Applied{std::move(state), {}};
}

void cancel_upcoming(RoomState& state) {
    if (!state.upcoming) return;
    // Frames of its epoch may be at listeners already; that epoch is never used again.
    state.epoch = state.upcoming->epoch + 1;
    state.upcoming.reset();
}

RoomState past_seam(RoomState state, ServerTime at, std::vector<Effect>& effects) {
    if (!state.upcoming || at < state.upcoming->timeline.anchor_time()) return state;
    state.now_playing = std::move(state.upcoming->playing);
    state.epoch = state.upcoming->epoch;
    state.timeline = state.upcoming->timeline;
    state.upcoming.reset();
    state.queue.erase(state.queue.begin());
    state.notice.clear();
    state.trouble.clear();
    effects.emplace_back(AdoptNextStream{});
    effects.emplace_back(RecordPlay{});
    return state;
}

}  // namespace musicspace::relay
