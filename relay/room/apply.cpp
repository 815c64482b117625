#include "relay/room/apply.h"

#include <algorithm>
#include <array>
#include <utility>

#include "relay/room/queue_rules.h"

namespace musicspace::relay {

namespace {

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

Rejection nothing_playing() { return {Refusal::nothing_playing, "Nothing is playing. Paste a link first."}; }

MediaTime clamped(MediaTime position, const transcoder::Track& track) {
    position = std::max(position, MediaTime{});
    return track.duration ? std::min(position, MediaTime{*track.duration}) : position;
}

// A break in the stream: everybody falls silent at `at`, and sound goes on from `position` once it is there.
void hold_for_stream(RoomState& state, MediaTime position, ServerTime at) {
    cancel_upcoming(state);
    ++state.epoch;
    state.status = Status::buffering;
    state.timeline = Timeline::held_at(position, at);
}

Outcome play(RoomState state, const CommandRequest& request, const PlayLink& command) {
    Applied applied;
    if (state.pending) applied.effects.emplace_back(CancelPending{});
    cancel_upcoming(state);
    state.pending = PendingLink{++state.last_pending, command.link, request.member, request.label};
    applied.effects.emplace_back(ResolveLink{*state.pending});
    applied.state = std::move(state);
    return applied;
}

Outcome pause(RoomState state, ServerTime at) {
    if (!state.now_playing) return nothing_playing();
    if (state.status == Status::paused) return Applied{std::move(state), {}};
    cancel_upcoming(state);
    state.timeline = Timeline::held_at(clamped(state.timeline.position_at(at), state.now_playing->track), at);
    state.status = Status::paused;
    return Applied{std::move(state), {}};
}

Outcome resume(RoomState state, ServerTime at) {
    if (!state.now_playing) return nothing_playing();
    if (state.status != Status::paused) return Applied{std::move(state), {}};
    const MediaTime position = state.timeline.anchor_position();
    hold_for_stream(state, position, at);
    return Applied{std::move(state), {PrepareStream{position}}};
}

Outcome seek(RoomState state, const Seek& command, ServerTime at) {
    if (!state.now_playing) return nothing_playing();
    if (state.now_playing->track.is_live) return Rejection{Refusal::not_seekable, "This is a live stream: there is nothing to seek in."};
    const MediaTime position = clamped(command.position, state.now_playing->track);
    if (state.status == Status::paused) {
        ++state.epoch;
        state.timeline = Timeline::held_at(position, at);
        return Applied{std::move(state), {}};
    }
    hold_for_stream(state, position, at);
    return Applied{std::move(state), {PrepareStream{position}}};
}

Outcome set_speed(RoomState state, const SetSpeed& command, ServerTime at) {
    if (state.speed == command.speed) return Applied{std::move(state), {}};
    if (state.now_playing && state.now_playing->track.is_live) {
        return Rejection{Refusal::not_seekable, "This is a live stream: it has but one speed."};
    }
    state.speed = command.speed;
    if (!state.now_playing || state.status == Status::paused) return Applied{std::move(state), {}};
    const MediaTime position = clamped(state.timeline.position_at(at), state.now_playing->track);
    hold_for_stream(state, position, at);
    return Applied{std::move(state), {PrepareStream{position}}};
}

Outcome set_metronome(RoomState state, const SetMetronome& command) {
    state.metronome = command.on;
    return Applied{std::move(state), {}};
}

Outcome set_normalizing(RoomState state, const SetNormalizing& command) {
    state.normalizing = command.on;
    return Applied{std::move(state), {}};
}

Outcome stop(RoomState state, ServerTime at) {
    if (!state.now_playing && !state.pending) return nothing_playing();
    std::vector<Effect> effects{DropStream{}};
    if (state.pending) effects.emplace_back(CancelPending{});
    state.pending.reset();
    state.become_idle(at);
    return Applied{std::move(state), std::move(effects)};
}

Outcome open_track(RoomState state, const TrackOpened& opened, ServerTime at) {
    if (!state.pending || state.pending->id != opened.pending) return not_applicable();
    state.now_playing = NowPlaying{opened.track, {}, state.pending->member, state.pending->label, opened.gain_db};
    state.pending.reset();
    state.notice.clear();
    state.trouble.clear();
    hold_for_stream(state, MediaTime{}, at);
    return Applied{std::move(state), {AdoptPendingStream{}, RecordPlay{}, PrepareStream{MediaTime{}}}};
}

Outcome refuse_track(RoomState state, const TrackRefused& refused) {
    if (!state.pending || state.pending->id != refused.pending) return not_applicable();
    const PendingLink link = *std::exchange(state.pending, std::nullopt);
    if (!link.from_queue) return Applied{std::move(state), {CancelPending{}}};
    state.notice = "Skipped " + link.link + ": " + refused.why;
    if (state.queue.empty()) return Applied{std::move(state), {CancelPending{}}};
    return open_next(std::move(state), {CancelPending{}});
}

Outcome start_sound(RoomState state, const StreamReady& ready, ServerTime at) {
    if (state.status != Status::buffering || state.epoch != ready.epoch) return not_applicable();
    // Not before the hold took effect, or late listeners would still be hearing what was before.
    const SpeedPercent speed = state.now_playing ? state.speed_for(state.now_playing->track) : kNormalSpeed;
    state.timeline = Timeline::running_from(state.timeline.anchor_position(), std::max(at, state.timeline.anchor_time()), speed);
    state.status = Status::playing;
    return Applied{std::move(state), {}};
}

Outcome stall(RoomState state, const StreamStalled& stalled, ServerTime now) {
    if (state.status != Status::playing || state.epoch != stalled.epoch) return not_applicable();
    const MediaTime position = state.timeline.position_at(now);
    hold_for_stream(state, position, now);
    return Applied{std::move(state), {PrepareStream{position}}};
}

Outcome show_artwork(RoomState state, const ArtworkArrived& arrived) {
    if (!state.now_playing) return not_applicable();
    state.now_playing->artwork = arrived.path;
    return Applied{std::move(state), {}};
}

Outcome note_trouble(RoomState state, const SourceTroubled& troubled) {
    if (!state.now_playing || state.trouble == troubled.what) return not_applicable();
    state.trouble = troubled.what;
    return Applied{std::move(state), {}};
}

Outcome end_track(RoomState state, const TrackEnded& ended, ServerTime now) {
    if (!state.now_playing || state.epoch != ended.epoch) return not_applicable();
    state.become_idle(now);
    state.notice = ended.why;
    if (state.pending || state.queue.empty()) return Applied{std::move(state), {DropStream{}}};
    return open_next(std::move(state), {DropStream{}});
}

Outcome pass_seam(const RoomState& state, ServerTime now) {
    Applied applied;
    applied.state = past_seam(state, now, applied.effects);
    return applied.effects.empty() ? Outcome(not_applicable()) : Outcome(std::move(applied));
}

Outcome note_loudness(RoomState state, const LoudnessMeasured& measured) {
    NowPlaying* playing = nullptr;
    if (measured.upcoming && state.upcoming) playing = &state.upcoming->playing;
    if (!measured.upcoming && state.now_playing) playing = &*state.now_playing;
    if (playing == nullptr || playing->gain_db == measured.gain_db) return not_applicable();
    playing->gain_db = measured.gain_db;
    return Applied{std::move(state), {}};
}

Outcome apply_to(RoomState state, const CommandRequest& request, ServerTime at) {
    return std::visit(Overloaded{
                          [&](const PlayLink& command) { return play(std::move(state), request, command); },
                          [&](const Pause&) { return pause(std::move(state), at); },
                          [&](const Resume&) { return resume(std::move(state), at); },
                          [&](const Seek& command) { return seek(std::move(state), command, at); },
                          [&](const Stop&) { return stop(std::move(state), at); },
                          [&](const SetSpeed& command) { return set_speed(std::move(state), command, at); },
                          [&](const AddToQueue& command) { return add_to_queue(std::move(state), request, command); },
                          [&](const RemoveFromQueue& command) { return remove_from_queue(std::move(state), command); },
                          [&](const Skip&) { return skip(std::move(state), at); },
                          [&](const SetMetronome& command) { return set_metronome(std::move(state), command); },
                          [&](const SetNormalizing& command) { return set_normalizing(std::move(state), command); },
                      },
                      request.command);
}

}  // namespace

Rejection not_applicable() { return {Refusal::not_applicable, "The room has moved on."}; }

void RoomState::become_idle(ServerTime at) {
    cancel_upcoming(*this);
    ++epoch;
    status = Status::idle;
    timeline = Timeline::held_at({}, at);
    now_playing.reset();
    trouble.clear();
}

std::string_view name_of(Status status) {
    constexpr std::array<std::string_view, 4> kNames{"idle", "buffering", "playing", "paused"};
    return kNames.at(static_cast<std::size_t>(status));
}

std::string_view op_of(const Command& command) {
    constexpr std::array<std::string_view, std::variant_size_v<Command>> kOps{"play", "pause",  "resume", "seek",      "stop",     "speed",
                                                                              "add",  "remove", "skip",   "normalize", "metronome"};
    return kOps.at(command.index());
}

Outcome apply(const RoomState& state, const CommandRequest& request, ServerTime now) {
    if (request.epoch && *request.epoch != state.epoch) {
        return Rejection{Refusal::stale_epoch,
                         "Somebody else was faster: the room has changed since. Look again, then repeat it if you still want to."};
    }
    const ServerTime at = now + kControlLead;
    // What takes effect after a seam is about the track behind it.
    std::vector<Effect> effects;
    Outcome outcome = apply_to(past_seam(state, at, effects), request, at);
    if (auto* applied = std::get_if<Applied>(&outcome)) applied->effects.insert(applied->effects.begin(), effects.begin(), effects.end());
    return outcome;
}

Outcome observe(const RoomState& state, const Observation& observation, ServerTime now) {
    const ServerTime at = now + kControlLead;
    return std::visit(Overloaded{
                          [&](const TrackOpened& it) { return open_track(state, it, at); },
                          [&](const TrackRefused& it) { return refuse_track(state, it); },
                          [&](const StreamReady& it) { return start_sound(state, it, at); },
                          [&](const StreamStalled& it) { return stall(state, it, now); },
                          [&](const ArtworkArrived& it) { return show_artwork(state, it); },
                          [&](const SourceTroubled& it) { return note_trouble(state, it); },
                          [&](const LoudnessMeasured& it) { return note_loudness(state, it); },
                          [&](const NextReady& it) { return schedule_next(state, it, now); },
                          [&](const NextRefused& it) { return refuse_next(state, it); },
                          [&](const SeamReached&) { return pass_seam(state, now); },
                          [&](const TrackEnded& it) { return end_track(state, it, now); },
                      },
                      observation);
}

}  // namespace musicspace::relay
