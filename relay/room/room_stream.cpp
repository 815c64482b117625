// The part of Room that deals with what feeds it: resolving links, opening pipelines, and following their progress.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "relay/base/text.h"
#include "relay/room/room.h"
#include "relay/room/room_code.h"
#include "relay/room/track_text.h"

namespace musicspace::relay {

namespace {

constexpr MediaDuration kSecond{kSampleRate};
constexpr MediaDuration kKeptBehind = kSecond * 10;
constexpr MediaDuration kMadeAhead = kSecond * 12;  // the bytes themselves are pulled further ahead
constexpr MediaDuration kMadeStep = kSecond / 2;
constexpr MediaDuration kEnoughToStart = kSecond / 5;
constexpr MediaDuration kEnoughAfterStall = kSecond * 2;
constexpr MediaDuration kWorthWaitingFor = kSecond * 2;

}  // namespace

void Room::carry_out(const ResolveLink& effect, ServerTime /*now*/) {
    if (next_.id == effect.item) {
        // Opened ahead already, or on its way.
        pending_ = std::exchange(next_, Opening{});
        if (pending_.stream) {
            due_replies_.emplace_back([this, id = pending_.id] {
                if (pending_.id == id && pending_.stream) on_stream_progress(*pending_.stream);
            });
        }
    } else if (!open_link(pending_, effect.item, effect.link, effect.from)) {
        pending_.id = effect.item;
        // Told once the change that asked for it is complete.
        due_replies_.emplace_back([this, id = pending_.id] {
            refuse(id, {transcoder::Fault::too_busy, "The server is opening many links just now. Try again in a moment."});
        });
    }
    pending_.reply = std::exchange(next_reply_, nullptr);
}

bool Room::open_link(Opening& opening, ItemId id, const std::string& link, MediaTime from) {
    opening = Opening{};
    opening.from = from;
    opening.resolve = tracks_.resolve(link, [weak = weak_from_this(), id](transcoder::TrackService::Resolved resolved) {
        if (const auto room = weak.lock()) room->guarded([&] { room->on_resolved(id, std::move(resolved)); });
    });
    if (!opening.resolve) return false;
    opening.id = id;
    return true;
}

void Room::carry_out(const CancelPending& /*effect*/, ServerTime /*now*/) {
    settle_pending(problem_of(transcoder::TranscodeError{
        transcoder::Fault::cancelled, "Another link was pasted, or the music was stopped, before this one had opened."}));
}

void Room::carry_out(const AdoptPendingStream& /*effect*/, ServerTime /*now*/) {
    stream_ = std::exchange(pending_.stream, std::nullopt);
    settle_pending(std::nullopt);
    fetch_artwork();
}

void Room::fetch_artwork() {
    artwork_.reset();
    artwork_fetch_.reset();
    if (stream_->track.artwork_url.empty()) return;
    artwork_fetch_ = tracks_.fetch_artwork(
        stream_->track.artwork_url, [weak = weak_from_this(), number = stream_->number](std::optional<transcoder::Artwork> picture) {
            const auto room = weak.lock();
            if (!room || !room->stream_ || room->stream_->number != number || !picture) return;
            room->guarded([&] {
                room->artwork_ = std::make_shared<const transcoder::Artwork>(*std::move(picture));
                // Only who was told the state knows the key; another one for another picture: browsers keep what they have seen.
                constexpr std::size_t kKeyLength = 24;
                room->observe_now(ArtworkArrived{"/api/rooms/" + room->code() + "/artwork?key=" + random_code(kKeyLength)},
                                  room->services_.clock());
            });
        });
}

void Room::carry_out(const PrepareStream& effect, ServerTime /*now*/) {
    if (!stream_) return;
    if (stream_->speed == state_.speed_for(stream_->track)) {
        if (wanted_cover(*stream_, effect.position, MediaDuration{0})) return;
        const auto until = stream_->logs.produced_until();
        const bool coming = until && !stream_->logs.end() && effect.position <= *until + kWorthWaitingFor &&
                            wanted_cover(*stream_, std::min(effect.position, *until), MediaDuration{0});
        if (coming) return;
    }
    open_pipeline(*stream_, effect.position);
}

void Room::carry_out(const DropStream& /*effect*/, ServerTime /*now*/) {
    stream_.reset();
    artwork_.reset();
    artwork_fetch_.reset();
}

void Room::carry_out(const RecordPlay& /*effect*/, ServerTime now) {
    note_use(now);
    const NowPlaying& playing = *state_.now_playing;
    std::optional<std::int64_t> duration_ms;
    if (playing.track.duration) duration_ms = playing.track.duration->count() * 1000 / kSampleRate;
    services_.store.record_play({id(), playing.member, playing.track.link, playing.track.title, playing.track.artist, duration_ms});
    std::set<std::int64_t> accounts;
    for (const Listener* listener : listeners_) {
        if (listener->signed_in.account != 0) accounts.insert(listener->signed_in.account);
    }
    services_.store.record_heard(id(), accounts, {playing.track.link, playing.track.title, playing.track.artist, duration_ms, 0});
    spdlog::info("room {}: plays '{}'", code(), playing.track.title);
}

void Room::on_resolved(ItemId id, transcoder::TrackService::Resolved resolved) {
    Opening* opening = opening_of(id);
    if (opening == nullptr) return;
    opening->resolve.reset();
    if (const auto* error = std::get_if<transcoder::TranscodeError>(&resolved)) {
        refuse(id, *error);
        return;
    }
    Stream& stream = opening->stream.emplace(Stream{});
    stream.track = std::get<transcoder::Track>(std::move(resolved));
    clean(stream.track);
    stream.number = ++last_generation_;
    try {
        stream.media = tracks_.load(stream.track, [weak = weak_from_this(), number = stream.number](const std::string& what) {
            if (const auto room = weak.lock()) room->guarded([&] { room->on_trouble(number, what); });
        });
    } catch (const transcoder::TranscodeFailure& failure) {
        refuse(id, failure.value());
        return;
    }
    open_pipeline(stream, opening->from);
    if (opening->id != id || !opening->stream || !stream.media) return;
    stream.loudness =
        tracks_.measure(stream.media, [weak = weak_from_this(), number = stream.number](const transcoder::Loudness& loudness) {
            if (const auto room = weak.lock()) room->guarded([&] { room->on_loudness(number, loudness); });
        });
}

void Room::on_loudness(std::uint64_t stream_number, const transcoder::Loudness& loudness) {
    const double gain = transcoder::gain_of(loudness);
    for (std::optional<Stream>* stream : {&stream_, &pending_.stream, &next_.stream}) {
        if (*stream && (*stream)->number == stream_number) (*stream)->gain_db = gain;
    }
    if (stream_ && stream_->number == stream_number) observe_now(LoudnessMeasured{gain}, services_.clock());
    if (next_.stream && next_.stream->number == stream_number) observe_now(LoudnessMeasured{gain, true}, services_.clock());
}

// What is happening is shown while it matters: the buffer hides the rest.
void Room::on_trouble(std::uint64_t stream_number, const std::string& what) {
    if (stream_ && stream_->number == stream_number) observe_now(SourceTroubled{shown_text(what, kNoticeText)}, services_.clock());
}

void Room::refuse(ItemId id, const transcoder::TranscodeError& cause) {
    if (opening_of(id) == nullptr) return;
    transcoder::TranscodeError error = cause;
    clean(error);
    spdlog::info("room {}: a link does not play: {}", code(), error.detail);
    if (id == next_.id) {
        next_ = Opening{};
        if (error.passing()) return;  // it is opened again in a while
        observe_now(NextRefused{id, error.detail}, services_.clock());
        return;
    }
    settle_pending(problem_of(error));
    observe_now(TrackRefused{id, error.detail}, services_.clock());
}

// Ends the pending link's business, one way or the other.
void Room::settle_pending(const std::optional<Problem>& problem) {
    Opening settled = std::exchange(pending_, Opening{});
    if (settled.reply) due_replies_.emplace_back([reply = std::move(settled.reply), problem] { reply(problem); });
}

void Room::open_pipeline(Stream& stream, MediaTime position) {
    stream.logs.clear();
    stream.failure.clear();
    stream.generation = ++last_generation_;
    stream.speed = state_.speed_for(stream.track);
    stream.wanted = wanted_tiers();
    stream.pipeline.reset();  // makes room for the next
    if (stream.media) {
        stream.pipeline = tracks_.open(stream.media, {position, stream.speed, stream.wanted}, events_of(stream.generation));
    }
    if (!stream.pipeline) {
        break_off(stream, {transcoder::Fault::too_busy, "The server is playing in too many rooms just now. Try again later."}, position);
    }
}

transcoder::PipelineEvents Room::events_of(std::uint64_t generation) {
    const auto with_room = [weak = weak_from_this(), generation](auto action) {
        const auto room = weak.lock();
        if (!room) return;
        room->guarded([&] {
            if (Stream* current = room->stream_of(generation)) action(*room, *current);
        });
    };
    transcoder::PipelineEvents events;
    events.on_opened = [with_room](const transcoder::StreamInfo& info) {
        with_room([&](Room& room, Stream& current) { room.on_opened(current.generation, info); });
    };
    events.on_packets = [with_room](Tier tier, std::vector<transcoder::Packet> packets) {
        with_room([&](Room& room, Stream& current) {
            current.logs.of(tier).append(std::move(packets));
            room.on_stream_progress(current);
        });
    };
    events.on_ended = [with_room](MediaTime end) {
        with_room([end](Room& room, Stream& current) {
            current.logs.close(end);
            room.on_stream_progress(current);
        });
    };
    events.on_failed = [with_room](const transcoder::TranscodeError& error) {
        with_room([&](Room& room, Stream& current) {
            room.break_off(current, error, current.logs.produced_until().value_or(room.state_.timeline.anchor_position()));
        });
    };
    return events;
}

// A link that has not played yet is refused; a track that plays ends at `position`.
void Room::break_off(Stream& stream, const transcoder::TranscodeError& error, MediaTime position) {
    for (const Opening* opening : {&pending_, &next_}) {
        if (!opening->stream || &stream != &*opening->stream) continue;
        refuse(opening->id, error);
        return;
    }
    stream.failure = shown_text(error.detail, kNoticeText);
    stream.logs.close(position);
    on_stream_progress(stream);
}

Room::Stream* Room::stream_of(std::uint64_t generation) {
    if (stream_ && stream_->generation == generation) return &*stream_;
    for (Opening* opening : {&pending_, &next_}) {
        if (opening->stream && opening->stream->generation == generation) return &*opening->stream;
    }
    return nullptr;
}

Room::Opening* Room::opening_of(ItemId id) {
    if (id != 0 && pending_.id == id) return &pending_;
    return id != 0 && next_.id == id ? &next_ : nullptr;
}

void Room::on_opened(std::uint64_t generation, const transcoder::StreamInfo& told) {
    transcoder::StreamInfo info = told;
    clean(info);
    Stream& stream = *stream_of(generation);
    stream.passes_through = info.passes_through;
    transcoder::Track& track = stream.track;
    if (!track.duration && !track.is_live) {
        track.duration = info.duration;
        if (const auto refusal = tracks_.refuse_length(track.duration)) {
            break_off(stream, *refusal, MediaTime{});
            return;
        }
    }
    if (track.chapters.empty()) track.chapters = info.chapters;
    // A bare file: its own tags know more than its name.
    if (!info.title.empty() && track.artist.empty()) {
        track.title = info.title;
        track.artist = info.artist;
    }
    if (track.title.empty()) track.title = "Untitled";
}

void Room::on_stream_progress(Stream& stream) {
    const ServerTime now = services_.clock();
    if (pending_.stream && &stream == &*pending_.stream) {
        if (stream.logs.produced_until() && wanted_cover(stream, pending_.from, kEnoughToStart)) {
            observe_now(TrackOpened{pending_.id, stream.track, stream.gain_db, stream.track.of_playlist}, now);
        } else if (stream.logs.end()) {
            refuse(pending_.id, {transcoder::Fault::no_audio, "There is no sound in what this link leads to."});
        }
        return;
    }
    if (next_.stream && &stream == &*next_.stream) {
        if (stream.logs.end() && !stream.logs.produced_until()) {
            refuse(next_.id, {transcoder::Fault::no_audio, "There is no sound in what this link leads to."});
        }
        return;
    }
    if (state_.status == Status::buffering) {
        const auto before = state_.status;
        start_when_ready(now);
        if (state_.status == before) return;
        follow_timeline(now);
        announce(now);
    }
    tick(now);
    services_.tick_by(tick_due_);
}

// Applied within the change that asked for the stream where the packets are here already: then one state says it all.
void Room::start_when_ready(ServerTime now) {
    if (state_.status != Status::buffering || !stream_) return;
    const MediaTime from = state_.timeline.anchor_position();
    const MediaDuration enough = (stalled_ ? kEnoughAfterStall : kEnoughToStart) * stream_->speed / kNormalSpeed;
    if (!wanted_cover(*stream_, from, enough) && !stream_->logs.end()) return;
    Outcome outcome = observe(state_, StreamReady{state_.epoch}, now);
    if (auto* applied = std::get_if<Applied>(&outcome)) {
        state_ = std::move(applied->state);
        state_message_ = nullptr;
    }
    stalled_ = false;
}

void Room::watch_stream(ServerTime now) {
    if (!stream_) return;
    const MediaTime position = state_.timeline.position_at(now);
    // In steps, so that neither thread wakes the other for a packet or two.
    const MediaTime step{(position.time_since_epoch() / kMadeStep + 1) * kMadeStep};
    if (stream_->pipeline) stream_->pipeline->allow_until(step + kMadeAhead * stream_->speed / kNormalSpeed);
    // While held, the position is what resume() goes on from; the packets around it stay.
    stream_->logs.forget_before(position - kKeptBehind);
    if (state_.status != Status::playing) return;
    if (const auto end = stream_->logs.end()) {
        if (position >= *end) observe_now(TrackEnded{state_.epoch, stream_->failure}, now);
        return;
    }
    if (!stream_->logs.any_covers(position, MediaDuration{1})) {
        ++services_.metrics.stalls;
        stalled_ = true;
        spdlog::info("room {}: the source is too slow, waiting for it", code());
        observe_now(StreamStalled{state_.epoch}, now);
    }
}

}  // namespace musicspace::relay
