#include "relay/room/apply.h"

#include <algorithm>
#include <array>
#include <utility>

#include "relay/room/people_rules.h"
#include "relay/room/queue_rules.h"
#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang 14 does not deduce it by itself

Rejection nothing_playing() { return {Refusal::nothing_playing, "Nothing is playing. Paste a link first."}; }

MediaTime clamped(MediaTime position, const transcoder::Track& track) {
    position = std::max(position, MediaTime{});
    return track.duration ? std::min(position, MediaTime{*track.duration}) : position;
}

// A break in the stream: everybody falls silent at `at`, and sound goes on from `position` once it is there.
void hold_for_stream(RoomState& state, MediaTime position, ServerTime at) {
    cancel_upcoming(state);
    state.epoch = state.new_epoch();
    state.status = Status::buffering;
    state.timeline = Timeline::held_at(position, at);
}

Outcome play(RoomState state, const CommandRequest& request, const PlayLink& command) {
    Applied applied;
    if (state.pending) applied.effects.emplace_back(CancelPending{});
    cancel_upcoming(state);
    state.pending = Pending{new_item(state, {command.link}, request.member, request.label)};
    applied.effects.emplace_back(ResolveLink{state.pending->item.id, command.link, MediaTime{}});
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

// When the first listener is back, or somebody far away wants the music to go on.
Outcome wake(RoomState state) {
    if (!state.suspended) return not_applicable();
    Pending pending = *std::exchange(state.suspended, std::nullopt);
    if (state.pending || state.now_playing) return Applied{std::move(state), {}};
    state.pending = pending;
    return Applied{std::move(state), {ResolveLink{pending.item.id, pending.item.listed.link, pending.from}}};
}

Outcome resume(RoomState state, ServerTime at) {
    if (state.suspended && !state.now_playing && !state.pending) {
        state.suspended->paused = false;
        return wake(std::move(state));
    }
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
        state.epoch = state.new_epoch();
        state.timeline = Timeline::held_at(position, at);
        return Applied{std::move(state), {}};
    }
    hold_for_stream(state, position, at);
    return Applied{std::move(state), {PrepareStream{position}}};
}

Outcome set_speed(RoomState state, const SetSpeed& command, ServerTime at) {
    if (state.settings.speed == command.speed) return Applied{std::move(state), {}};
    if (state.now_playing && state.now_playing->track.is_live) {
        return Rejection{Refusal::not_seekable, "This is a live stream: it has but one speed."};
    }
    state.settings.speed = command.speed;
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
    state.settings.normalizing = command.on;
    return Applied{std::move(state), {}};
}

Outcome stop(RoomState state, ServerTime at) {
    if (!state.now_playing && !state.pending && !state.suspended) return nothing_playing();
    state.suspended.reset();
    finish_current(state);
    std::vector<Effect> effects{DropStream{}};
    if (state.pending) effects.emplace_back(CancelPending{});
    state.pending.reset();
    state.become_idle(at);
    return Applied{std::move(state), std::move(effects)};
}

Outcome set_volume(RoomState state, const SetVolume& command) {
    state.settings.volume = command.percent;
    return Applied{std::move(state), {}};
}

Outcome set_sleep(RoomState state, const SetSleep& command, ServerTime at) {
    state.sleep_at = command.in.count() > 0 ? std::optional(at + command.in) : std::nullopt;
    return Applied{std::move(state), {}};
}

Outcome set_password(RoomState state, const std::string& hash) {
    state.settings.password_hash = hash;
    return Applied{std::move(state), {}};
}

Outcome set_lock(RoomState state, const SetLock& command) {
    state.settings.locked = command.on;
    return Applied{std::move(state), {}};
}

Outcome set_name(RoomState state, const SetName& command) {
    state.settings.name = command.name;
    return Applied{std::move(state), {}};
}

Outcome fall_asleep(RoomState state, ServerTime now, ServerTime at) {
    if (!state.sleep_at || now < *state.sleep_at) return not_applicable();
    state.sleep_at.reset();
    if (!state.now_playing) return Applied{std::move(state), {}};
    return pause(std::move(state), at);
}

// The music waits where it is: nothing is pulled or encoded for nobody. A live stream goes on with what is live then.
Outcome suspend(RoomState state, ServerTime now) {
    if (!state.now_playing || state.pending) return not_applicable();
    const bool paused = state.status == Status::paused;
    const MediaTime from =
        state.now_playing->track.is_live ? MediaTime{} : clamped(state.timeline.position_at(now), state.now_playing->track);
    state.suspended = Pending{item_of(*state.now_playing), Pending::Why::resumed, from, paused};
    state.become_idle(now);
    return Applied{std::move(state), {DropStream{}}};
}

Outcome keep(RoomState state, const CommandRequest& request, const Keep& command) {
    if (!command.on) {
        state.kept_by = 0;
        return Applied{std::move(state), {}};
    }
    if (request.account == 0) {
        return Rejection{Refusal::account_needed, "Only a host with an account can keep a room. Sign in, then join the room again."};
    }
    if (state.kept_by != 0) return Applied{std::move(state), {}};
    if (!request.may_keep)
        return Rejection{Refusal::too_many_kept, "You keep as many rooms as an account may. Close one of them, or keep it no longer."};
    state.kept_by = request.account;
    return Applied{std::move(state), {}};
}

Outcome open_track(RoomState state, const TrackOpened& opened, ServerTime at) {
    if (!state.pending || state.pending->item.id != opened.pending) return not_applicable();
    const Pending pending = *std::exchange(state.pending, std::nullopt);
    if (pending.why == Pending::Why::previous) {
        if (state.now_playing) state.queue.insert(state.queue.begin(), item_of(*state.now_playing));
        state.played.pop_back();
    } else {
        finish_current(state);
    }
    const QueueItem& item = pending.item;
    state.now_playing = NowPlaying{opened.track, {}, item.id, item.member, item.label, opened.gain_db};
    if (pending.why != Pending::Why::resumed) state.notice.clear();  // about the restart
    state.trouble.clear();
    state.skip_votes.clear();
    state.refused_in_a_row = 0;
    const MediaTime from = clamped(pending.from, opened.track);
    hold_for_stream(state, from, at);
    std::vector<Effect> effects{AdoptPendingStream{}};
    if (pending.why != Pending::Why::resumed) effects.emplace_back(RecordPlay{});
    if (pending.paused) {
        state.status = Status::paused;
    } else {
        effects.emplace_back(PrepareStream{from});
    }
    if (opened.playlist) effects.emplace_back(ListLink{item.id, item.listed.link});
    return Applied{std::move(state), std::move(effects)};
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
                          [&](const SetVolume& command) { return set_volume(std::move(state), command); },
                          [&](const AddToQueue& command) { return add_to_queue(std::move(state), request, command); },
                          [&](const AddManyToQueue& command) { return add_to_queue(std::move(state), request, command, at); },
                          [&](const RemoveFromQueue& command) { return remove_from_queue(std::move(state), command); },
                          [&](const MoveInQueue& command) { return move_in_queue(std::move(state), command, at); },
                          [&](const PlayItem& command) { return play_item(std::move(state), command); },
                          [&](const ClearQueue&) { return clear_queue(std::move(state)); },
                          [&](const ShuffleQueue&) { return shuffle_queue(std::move(state), request.seed, at); },
                          [&](const SetRepeat& command) { return set_repeat(std::move(state), command, at); },
                          [&](const Skip& command) { return skip(std::move(state), command, at); },
                          [&](const Previous& command) {
                              return goes_to_start(state, command, at) ? seek(std::move(state), Seek{MediaTime{}}, at)
                                                                       : go_back(std::move(state));
                          },
                          [&](const Vote& command) { return vote(std::move(state), request, command, at); },
                          [&](const VoteSkip& command) { return vote_skip(std::move(state), request, command, at); },
                          [&](const SetRole& command) { return set_role(std::move(state), request, command); },
                          [&](const SetRights& command) { return set_rights(std::move(state), command, at); },
                          [&](const Kick& command) { return expel(std::move(state), request, command.member, false); },
                          [&](const Ban& command) { return expel(std::move(state), request, command.member, true); },
                          [&](const Unban& command) { return unban(std::move(state), command); },
                          [&](const SetPassword&) { return set_password(std::move(state), request.password_hash); },
                          [&](const SetLock& command) { return set_lock(std::move(state), command); },
                          [&](const SetName& command) { return set_name(std::move(state), command); },
                          [&](const SetSleep& command) { return set_sleep(std::move(state), command, at); },
                          [&](const Say& command) -> Outcome {
                              return Applied{std::move(state), {TellChat{request.member, request.label, command.text}}};
                          },
                          [&](const React& command) -> Outcome {
                              return Applied{std::move(state), {TellReaction{request.member, request.label, command.reaction}}};
                          },
                          [&](const SetNormalizing& command) { return set_normalizing(std::move(state), command); },
                          [&](const SetMetronome& command) { return set_metronome(std::move(state), command); },
                          [&](const Keep& command) { return keep(std::move(state), request, command); },
                          [&](const Close&) -> Outcome { return Applied{std::move(state), {CloseRoom{}}}; },
                      },
                      request.command);
}

}  // namespace

Rejection not_applicable() { return {Refusal::not_applicable, "The room has moved on."}; }

void RoomState::become_idle(ServerTime at) {
    cancel_upcoming(*this);
    epoch = new_epoch();
    status = Status::idle;
    timeline = Timeline::held_at({}, at);
    now_playing.reset();
    trouble.clear();
    skip_votes.clear();
}

std::string_view name_of(Status status) {
    constexpr std::array<std::string_view, 4> kNames{"idle", "buffering", "playing", "paused"};
    return kNames.at(static_cast<std::size_t>(status));
}

Outcome apply(const RoomState& state, const CommandRequest& request, ServerTime now) {
    if (request.epoch && *request.epoch != state.epoch) {
        return Rejection{Refusal::stale_epoch,
                         "Somebody else was faster: the room has changed since. Look again, then repeat it if you still want to."};
    }
    if (auto refusal = refuse_right(state, request)) return *std::move(refusal);
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
                          [&](const LinkListed& it) { return note_listing(state, it, at); },
                          [&](const ListenersBack&) { return wake(state); },
                          [&](const NobodyListens&) { return suspend(state, now); },
                          [&](const ListenersChanged& it) { return recount(state, it, at); },
                          [&](const HostAway& it) { return succeed_host(state, it); },
                          [&](const SleepDue&) { return fall_asleep(state, now, at); },
                          [&](const SeamReached&) { return pass_seam(state, now); },
                          [&](const TrackEnded& it) { return end_track(state, it, now); },
                      },
                      observation);
}

}  // namespace musicspace::relay
