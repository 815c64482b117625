// The part of Room that deals with what feeds it: resolving links, opening pipelines, and following their progress.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "relay/room/room.h"

namespace musicspace::relay {

namespace {

constexpr MediaDuration kSecond{kSampleRate};
constexpr MediaDuration kKeptBehind = kSecond * 10;
constexpr MediaDuration kMadeAhead = kSecond * 20;
constexpr MediaDuration kEnoughToStart = kSecond / 5;
constexpr MediaDuration kEnoughAfterStall = kSecond * 2;
constexpr MediaDuration kWorthWaitingFor = kSecond * 2;

}  // namespace

void Room::carry_out(const ResolveLink& effect, ServerTime /*now*/) {
    pending_.id = effect.pending.id;
    pending_.reply = std::exchange(next_reply_, nullptr);
    pending_.stream.reset();
    pending_.resolve = services_.transcoder.resolve(
        effect.pending.link, [weak = weak_from_this(), pending = pending_.id](transcoder::Transcoder::Resolved resolved) {
            if (const auto room = weak.lock()) room->on_resolved(pending, std::move(resolved));
        });
    if (!pending_.resolve) {
        refuse_pending(pending_.id, {transcoder::Fault::too_busy, "The server is opening many links just now. Try again in a moment."});
    }
}

void Room::carry_out(const CancelPending& /*effect*/, ServerTime /*now*/) {
    settle_pending(problem_of(transcoder::TranscodeError{
        transcoder::Fault::cancelled, "Another link was pasted, or the music was stopped, before this one had opened."}));
}

void Room::carry_out(const AdoptPendingStream& /*effect*/, ServerTime /*now*/) {
    stream_ = std::exchange(pending_.stream, std::nullopt);
    settle_pending(std::nullopt);
}

void Room::carry_out(const PrepareStream& effect, ServerTime /*now*/) {
    if (!stream_) return;
    const auto until = stream_->log.produced_until();
    const bool held = stream_->log.covers(effect.position, MediaDuration{0});
    const bool coming = until && stream_->log.covers(std::min(effect.position, *until), MediaDuration{0}) &&
                        effect.position <= *until + kWorthWaitingFor && !stream_->log.end();
    if (held || coming) return;
    open_pipeline(*stream_, effect.position);
}

void Room::carry_out(const DropStream& /*effect*/, ServerTime /*now*/) { stream_.reset(); }

void Room::carry_out(const RecordPlay& /*effect*/, ServerTime /*now*/) {
    const NowPlaying& playing = *state_.now_playing;
    std::optional<std::int64_t> duration_ms;
    if (playing.track.duration) duration_ms = playing.track.duration->count() * 1000 / kSampleRate;
    services_.store.record_play({id(), playing.member, playing.track.link, playing.track.title, playing.track.artist, duration_ms});
    spdlog::info("room {}: plays '{}'", code(), playing.track.title);
}

void Room::on_resolved(PendingId pending, transcoder::Transcoder::Resolved resolved) {
    if (pending != pending_.id) return;
    pending_.resolve.reset();
    if (const auto* error = std::get_if<transcoder::TranscodeError>(&resolved)) {
        refuse_pending(pending, *error);
        return;
    }
    pending_.stream.emplace();
    pending_.stream->track = std::get<transcoder::Track>(std::move(resolved));
    open_pipeline(*pending_.stream, MediaTime{});
}

void Room::refuse_pending(PendingId pending, const transcoder::TranscodeError& error) {
    if (pending != pending_.id) return;
    spdlog::info("room {}: a link does not play: {}", code(), error.detail);
    settle_pending(problem_of(error));
    observe_now(TrackRefused{pending}, ServerClock::now());
}

// Ends the pending link's business, one way or the other.
void Room::settle_pending(const std::optional<Problem>& problem) {
    Pending settled = std::exchange(pending_, Pending{});
    if (settled.reply) due_replies_.emplace_back([reply = std::move(settled.reply), problem] { reply(problem); });
}

void Room::open_pipeline(Stream& stream, MediaTime position) {
    stream.log.clear();
    stream.failure.clear();
    stream.generation = ++last_generation_;
    const auto with_room = [weak = weak_from_this(), generation = stream.generation](auto action) {
        const auto room = weak.lock();
        if (!room) return;
        if (Stream* current = room->stream_of(generation)) action(*room, *current);
    };
    transcoder::PipelineEvents events;
    events.on_opened = [with_room](const transcoder::StreamInfo& info) {
        with_room([&](Room& room, Stream& current) { room.on_opened(current.generation, info); });
    };
    events.on_packets = [with_room](std::vector<transcoder::Packet> packets) {
        with_room([&](Room& room, Stream& current) {
            current.log.append(std::move(packets));
            room.on_stream_progress(current);
        });
    };
    events.on_ended = [with_room](MediaTime end) {
        with_room([end](Room& room, Stream& current) {
            current.log.close(end);
            room.on_stream_progress(current);
        });
    };
    events.on_failed = [with_room](const transcoder::TranscodeError& error) {
        with_room([&](Room& room, Stream& current) {
            if (&current != (room.stream_ ? &*room.stream_ : nullptr)) {
                room.refuse_pending(room.pending_.id, error);
                return;
            }
            current.failure = error.detail;
            current.log.close(current.log.produced_until().value_or(MediaTime{}));
            room.on_stream_progress(current);
        });
    };
    stream.pipeline = services_.transcoder.open(stream.track, position, std::move(events));
    if (stream.pipeline) return;
    const transcoder::TranscodeError busy{transcoder::Fault::too_busy,
                                          "The server is playing in too many rooms just now. Try again later."};
    if (pending_.stream && &stream == &*pending_.stream) {
        refuse_pending(pending_.id, busy);
    } else {
        stream.failure = busy.detail;
        stream.log.close(position);
    }
}

Room::Stream* Room::stream_of(std::uint64_t generation) {
    if (stream_ && stream_->generation == generation) return &*stream_;
    if (pending_.stream && pending_.stream->generation == generation) return &*pending_.stream;
    return nullptr;
}

void Room::on_opened(std::uint64_t generation, const transcoder::StreamInfo& info) {
    transcoder::Track& track = stream_of(generation)->track;
    if (!track.duration && !track.is_live) track.duration = info.duration;
    // A bare file: its own tags know more than its name.
    if (!info.title.empty() && track.artist.empty()) {
        track.title = info.title;
        track.artist = info.artist;
    }
    if (track.title.empty()) track.title = "Untitled";
}

void Room::on_stream_progress(Stream& stream) {
    const ServerTime now = ServerClock::now();
    if (pending_.stream && &stream == &*pending_.stream) {
        if (stream.log.covers(MediaTime{}, kEnoughToStart)) {
            observe_now(TrackOpened{pending_.id, stream.track}, now);
        } else if (stream.log.end()) {
            refuse_pending(pending_.id, {transcoder::Fault::no_audio, "There is no sound in what this link leads to."});
        }
        return;
    }
    if (state_.status == Status::buffering) {
        const auto before = state_.status;
        start_when_ready(now);
        if (state_.status == before) return;
        follow_timeline();
        announce(now);
    }
    tick(now);
}

// Applied within the change that asked for the stream where the packets are here already: then one state says it all.
void Room::start_when_ready(ServerTime now) {
    if (state_.status != Status::buffering || !stream_) return;
    const MediaTime from = state_.timeline.anchor_position();
    if (!stream_->log.covers(from, stalled_ ? kEnoughAfterStall : kEnoughToStart) && !stream_->log.end()) return;
    Outcome outcome = observe(state_, StreamReady{state_.epoch}, now);
    if (auto* applied = std::get_if<Applied>(&outcome)) state_ = std::move(applied->state);
    stalled_ = false;
}

void Room::watch_stream(ServerTime now) {
    if (!stream_) return;
    const MediaTime position = state_.timeline.position_at(now);
    if (stream_->pipeline) stream_->pipeline->allow_until(position + kMadeAhead);
    // While held, the position is what resume() goes on from; the packets around it stay.
    stream_->log.forget_before(position - kKeptBehind);
    if (state_.status != Status::playing) return;
    if (const auto end = stream_->log.end()) {
        if (position >= *end) observe_now(TrackEnded{state_.epoch, stream_->failure}, now);
        return;
    }
    if (!stream_->log.covers(position, kPacketDuration)) {
        ++services_.metrics.stalls;
        stalled_ = true;
        spdlog::info("room {}: the source is too slow, waiting for it", code());
        observe_now(StreamStalled{state_.epoch}, now);
    }
}

}  // namespace musicspace::relay
