#include "relay/room/succession.h"

#include <algorithm>
#include <utility>

namespace musicspace::relay {

namespace {

constexpr int kMostRefused = 5;
constexpr std::chrono::seconds kSettled{10};  // before a seam: who is next is not voted on any more

std::string shown(const QueueItem& item) { return item.listed.title.empty() ? item.listed.link : item.listed.title; }

// Skipped, but the next one has not opened yet.
bool is_skipping(const RoomState& state) { return state.now_playing && state.pending && state.pending->why == Pending::Why::next; }

void put_back(RoomState& state, QueueItem item, const std::string& why) {
    mark_unplayable(state, item, why);
    state.queue.insert(state.queue.begin(), std::move(item));
}

}  // namespace

void mark_unplayable(RoomState& state, QueueItem& item, const std::string& why) {
    state.notice = "Skipped " + shown(item) + ": " + why;
    item.unplayable = why;
    item.listing = false;
}

QueueItem new_item(RoomState& state, Listed listed, MemberId member, const std::string& label) {
    QueueItem item;
    item.id = ++state.last_item;
    item.listed = std::move(listed);
    item.member = member;
    item.label = label;
    return item;
}

QueueItem item_of(const NowPlaying& playing) {
    QueueItem item;
    item.id = playing.item;
    item.member = playing.member;
    item.label = playing.label;
    item.listed = {playing.track.link, playing.track.title, playing.track.artist, std::nullopt};
    if (playing.track.duration) item.listed.duration_ms = playing.track.duration->count() * 1000 / kSampleRate;
    return item;
}

const QueueItem* next_in_queue(const RoomState& state) {
    const QueueItem* next = nullptr;
    for (const QueueItem& item : state.queue) {
        if (!item.unplayable.empty()) continue;
        if (!state.settings.rights.by_votes) return &item;
        const bool better = next == nullptr || item.voters.size() > next->voters.size() ||
                            (item.voters.size() == next->voters.size() && item.id < next->id);
        if (better) next = &item;
    }
    return next;
}

ItemId up_next_id(const RoomState& state) {
    if (state.settings.repeat == Repeat::one && state.now_playing) return state.now_playing->item;
    const QueueItem* next = next_in_queue(state);
    return next == nullptr ? 0 : next->id;
}

std::optional<QueueItem> up_next(const RoomState& state) {
    if (state.settings.repeat == Repeat::one && state.now_playing) return item_of(*state.now_playing);
    const QueueItem* next = next_in_queue(state);
    return next == nullptr ? std::nullopt : std::optional(*next);
}

Applied open_next(RoomState state, std::vector<Effect> effects) {
    const QueueItem* next = next_in_queue(state);
    if (next == nullptr) return {std::move(state), std::move(effects)};
    cancel_upcoming(state);
    Pending pending{*next, Pending::Why::next};
    std::erase_if(state.queue, [&](const QueueItem& item) { return item.id == pending.item.id; });
    effects.emplace_back(ResolveLink{pending.item.id, pending.item.listed.link, pending.from});
    state.pending = std::move(pending);
    return {std::move(state), std::move(effects)};
}

void remember_current(RoomState& state) {
    if (!state.now_playing) return;
    state.played.push_back(item_of(*state.now_playing));
    if (state.played.size() > kMostPlayed) state.played.erase(state.played.begin());
}

void finish_current(RoomState& state) {
    remember_current(state);
    if (!state.now_playing || state.settings.repeat != Repeat::all) return;
    QueueItem again = item_of(*state.now_playing);
    again.id = ++state.last_item;
    state.queue.push_back(std::move(again));
}

Outcome skip(RoomState state, const Skip& command, ServerTime at) {
    if (!state.now_playing && !state.pending) return Rejection{Refusal::nothing_playing, "Nothing is playing. Paste a link first."};
    const ItemId current = state.pending ? state.pending->item.id : state.now_playing->item;
    if (command.item && *command.item != current)
        return Rejection{Refusal::stale_epoch, "Somebody else was faster: this track is skipped already."};
    std::vector<Effect> effects;
    if (state.pending) effects.emplace_back(CancelPending{});
    state.pending.reset();
    state.skip_votes.clear();
    if (next_in_queue(state) != nullptr) return open_next(std::move(state), std::move(effects));
    finish_current(state);
    effects.emplace_back(DropStream{});
    state.become_idle(at);
    return open_next(std::move(state), std::move(effects));  // where all repeats, there is one again
}

bool goes_to_start(const RoomState& state, const Previous& command, ServerTime at) {
    constexpr MediaDuration kAtStart{kSampleRate * 3};
    if (!state.now_playing || state.now_playing->track.is_live || is_skipping(state)) return false;
    return state.played.empty() || (!command.track && state.timeline.position_at(at) > MediaTime{kAtStart});
}

Outcome go_back(RoomState state) {
    if (is_skipping(state)) {
        // It stays next.
        state.queue.insert(state.queue.begin(), std::move(state.pending->item));
        state.pending.reset();
        return Applied{std::move(state), {CancelPending{}}};
    }
    if (state.played.empty()) return Rejection{Refusal::nothing_playing, "Nothing has played before."};
    std::vector<Effect> effects;
    if (state.pending) effects.emplace_back(CancelPending{});
    cancel_upcoming(state);
    state.pending = Pending{state.played.back(), Pending::Why::previous};
    effects.emplace_back(ResolveLink{state.pending->item.id, state.pending->item.listed.link, MediaTime{}});
    return Applied{std::move(state), std::move(effects)};
}

Outcome schedule_next(RoomState state, const NextReady& ready, ServerTime now) {
    if (state.status != Status::playing || state.upcoming || state.pending || state.epoch != ready.epoch) return not_applicable();
    const auto next = up_next(state);
    if (!next || next->id != ready.item) return not_applicable();
    const ServerTime at = state.timeline.due_at(ready.end);
    // So late it would reach nobody in time: the track ends, and the next one starts after it.
    if (at < now + kControlLead) return not_applicable();
    state.upcoming = Upcoming{{ready.track, {}, next->id, next->member, next->label, ready.gain_db},
                              state.new_epoch(),
                              Timeline::running_from(MediaTime{}, at, state.speed_for(ready.track))};
    return Applied{std::move(state), {}};
}

Outcome refuse_next(RoomState state, const NextRefused& refused) {
    const auto item = std::ranges::find(state.queue, refused.item, &QueueItem::id);
    if (item == state.queue.end()) return not_applicable();
    if (state.upcoming && state.upcoming->playing.item == refused.item) cancel_upcoming(state);
    mark_unplayable(state, *item, refused.why);
    return Applied{std::move(state), {}};
}

Outcome refuse_track(RoomState state, const TrackRefused& refused) {
    if (!state.pending || state.pending->item.id != refused.pending) return not_applicable();
    Pending pending = *std::exchange(state.pending, std::nullopt);
    switch (pending.why) {
        case Pending::Why::asked:
            if (pending.queued) put_back(state, std::move(pending.item), refused.why);
            return Applied{std::move(state), {CancelPending{}}};
        case Pending::Why::previous:
            state.notice = "Skipped " + shown(pending.item) + ": " + refused.why;
            state.played.pop_back();
            return Applied{std::move(state), {CancelPending{}}};
        case Pending::Why::next:
        case Pending::Why::resumed: {
            std::vector<Effect> effects{CancelPending{}};
            // Perhaps a playlist whose first track does not play, though others do.
            if (pending.item.listed.title.empty()) effects.emplace_back(ListLink{pending.item.id, pending.item.listed.link});
            put_back(state, std::move(pending.item), refused.why);
            if (++state.refused_in_a_row < kMostRefused) return open_next(std::move(state), std::move(effects));
            // Something else is wrong than these links: what is left of the queue is left alone.
            state.refused_in_a_row = 0;
            state.notice = "Several tracks in a row did not play, so the music stopped. The last reason: " + refused.why;
            return Applied{std::move(state), std::move(effects)};
        }
    }
    return not_applicable();
}

Outcome end_track(RoomState state, const TrackEnded& ended, ServerTime now) {
    if (!state.now_playing || state.epoch != ended.epoch) return not_applicable();
    QueueItem current = item_of(*state.now_playing);
    const bool broke_off = !ended.why.empty();
    const bool again = state.settings.repeat == Repeat::one && !broke_off;
    if (broke_off) {
        remember_current(state);  // not queued again: it would only break off again
    } else if (!again) {
        finish_current(state);
    }
    state.become_idle(now);
    state.notice = ended.why;
    std::vector<Effect> effects{DropStream{}};
    if (state.pending) return Applied{std::move(state), std::move(effects)};
    if (!again) return open_next(std::move(state), std::move(effects));
    effects.emplace_back(ResolveLink{current.id, current.listed.link, MediaTime{}});
    state.pending = Pending{std::move(current), Pending::Why::next};
    return Applied{std::move(state), std::move(effects)};
}

// Frames of its epoch may be at listeners already: the epoch is never used again. What plays goes on in its own.
void cancel_upcoming(RoomState& state) { state.upcoming.reset(); }

void review_upcoming(RoomState& state, ServerTime at) {
    if (!state.upcoming) return;
    const ItemId announced = state.upcoming->playing.item;
    if (up_next_id(state) == announced) return;
    const bool still_there = std::ranges::find(state.queue, announced, &QueueItem::id) != state.queue.end();
    if (still_there && state.settings.rights.by_votes && at + kSettled > state.upcoming->timeline.anchor_time()) return;
    cancel_upcoming(state);
}

RoomState past_seam(RoomState state, ServerTime at, std::vector<Effect>& effects) {
    if (!state.upcoming || at < state.upcoming->timeline.anchor_time()) return state;
    const bool again = state.now_playing && state.upcoming->playing.item == state.now_playing->item;
    if (!again) finish_current(state);
    state.now_playing = std::move(state.upcoming->playing);
    state.epoch = state.upcoming->epoch;
    state.timeline = state.upcoming->timeline;
    state.upcoming.reset();
    std::erase_if(state.queue, [&](const QueueItem& item) { return item.id == state.now_playing->item; });
    state.notice.clear();
    state.trouble.clear();
    state.skip_votes.clear();
    effects.emplace_back(AdoptNextStream{});
    effects.emplace_back(RecordPlay{});
    return state;
}

}  // namespace musicspace::relay
