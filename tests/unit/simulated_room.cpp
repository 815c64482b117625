#include "tests/unit/simulated_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

struct ScriptedLink {
    long seconds = 0;
    milliseconds delay{0};
};

ScriptedLink parsed(const std::string& link) {
    long seconds = 0;
    long delay = 0;
    std::sscanf(link.c_str(), "https://example.org/%ld/%ld/", &seconds, &delay);  // NOLINT(cert-err34-c)
    return {seconds, milliseconds(delay)};
}

// Makes packets as far as it may, a moment after it may.
class ScriptedPipeline : public transcoder::Pipeline {
public:
    ScriptedPipeline(SimulatedTime& time, MediaDuration duration, transcoder::PipelineStart start, transcoder::PipelineEvents events)
        : time_(time),
          duration_(duration),
          span_(kPacketDuration * start.speed / kNormalSpeed),
          events_(std::move(events)),
          wanted_(tiers_of(start.wanted)),
          limit_(start.position + MediaDuration{kSampleRate}) {
        const std::int64_t first = std::max<std::int64_t>(0, start.position.time_since_epoch() / span_ - kAhead);
        for (const Tier tier : transcoder::kAllTiers) next_.at(index_of(tier)) = first;
        soon([this] {
            transcoder::StreamInfo info;
            info.duration = duration_;
            events_.on_opened(info);
            make();
        });
    }
    ~ScriptedPipeline() override { *alive_ = false; }
    ScriptedPipeline(const ScriptedPipeline&) = delete;
    ScriptedPipeline& operator=(const ScriptedPipeline&) = delete;

    void allow_until(MediaTime position) override {
        if (position <= limit_) return;
        limit_ = position;
        soon([this] { make(); });
    }
    void set_tiers(transcoder::WantedTiers wanted, MediaTime from) override {
        const TierSet before = std::exchange(wanted_, tiers_of(wanted));
        for (const Tier tier : transcoder::kAllTiers) {
            if (!before.contains(tier)) next_.at(index_of(tier)) = std::max<std::int64_t>(0, from.time_since_epoch() / span_ - kAhead);
        }
        soon([this] { make(); });
    }

private:
    static constexpr std::int64_t kAhead = 4;

    static TierSet tiers_of(transcoder::WantedTiers wanted) {
        if (wanted.best) wanted.tiers.insert(transcoder::kDefaultTier);
        return wanted.tiers;
    }
    void soon(std::function<void()> action) {
        time_.after(milliseconds(20), [alive = alive_, action = std::move(action)] {
            if (*alive) action();
        });
    }
    void make() {
        const std::weak_ptr<bool> alive = alive_;
        for (const Tier tier : transcoder::kAllTiers) {
            if (!wanted_.contains(tier)) continue;
            std::int64_t& next = next_.at(index_of(tier));
            std::vector<transcoder::Packet> packets;
            for (; MediaTime{span_ * next} < std::min(limit_, MediaTime{duration_}); ++next)
                packets.push_back({MediaTime{span_ * next}, {0xfc}, span_});
            if (!packets.empty()) events_.on_packets(tier, std::move(packets));
            if (alive.expired()) return;
        }
        if (limit_ < MediaTime{duration_} || std::exchange(ended_, true)) return;
        events_.on_ended(MediaTime{duration_});
    }

    SimulatedTime& time_;
    const MediaDuration duration_;
    const MediaDuration span_;
    const transcoder::PipelineEvents events_;
    TierSet wanted_;
    MediaTime limit_;
    std::array<std::int64_t, transcoder::kTierCount> next_{};  ///< each tier's next packet, counted from the track's start
    bool ended_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class RecordingCalls : public SendCalls {
public:
    RecordingCalls(RecordedListener& listener, const SimulatedTime& time) : listener_(listener), time_(time) {}
    void send(std::span<SendOp> ops) override {
        for (SendOp& op : ops) {
            std::vector<std::uint8_t> bytes;
            for (const iovec& part : op.parts) {
                const auto* first = static_cast<const std::uint8_t*>(part.iov_base);
                bytes.insert(bytes.end(), first, first + part.iov_len);
            }
            op.result = static_cast<ssize_t>(bytes.size());
            listener_.receive(bytes, time_.now());
        }
    }
    [[nodiscard]] const char* name() const override { return "recording"; }

private:
    RecordedListener& listener_;
    const SimulatedTime& time_;
};

// What all simulated rooms share, since their threads are costly to make: a store whose Postgres is away, which no room minds, and hashing
// that nobody waits for. It ends with the tests, before the log does.
class Shared : public testing::Environment {
public:
    void TearDown() override {
        store_.reset();
        passwords_.reset();
    }
    db::Store& store() {
        if (!store_)
            store_ = std::make_unique<db::Store>(db::StoreOptions{.url = "host=/nonexistent"}, [](const std::function<void()>&) {});
        return *store_;
    }
    Passwords& passwords() {
        if (!passwords_) passwords_ = std::make_unique<Passwords>([](const std::function<void()>&) {});
        return *passwords_;
    }

private:
    std::unique_ptr<db::Store> store_;
    std::unique_ptr<Passwords> passwords_;
};

Shared& shared() {
    static auto* const kShared = static_cast<Shared*>(testing::AddGlobalTestEnvironment(new Shared));  // GoogleTest deletes it
    return *kShared;
}

void throw_if(const std::string& link, const char* where) {
    if (link == std::string("https://example.org/throws/") + where) throw std::runtime_error("no thread can be made");
}

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value;
}

Timeline timeline_of(const Json& json) {
    const MediaTime position{MediaDuration{json.at("positionSamples").get<std::int64_t>()}};
    const ServerTime at = server_time(json.at("atUs").get<std::int64_t>());
    if (!json.at("running").get<bool>()) return Timeline::held_at(position, at);
    return Timeline::running_from(position, at, static_cast<SpeedPercent>(json.at("speed").get<double>() * kNormalSpeed + 0.5));
}

}  // namespace

void SimulatedTime::run_until(ServerTime end) {
    while (!actions_.empty() && actions_.begin()->first <= end) {
        auto next = actions_.extract(actions_.begin());
        now_ = std::max(now_, next.key());
        next.mapped()();
    }
    now_ = end;
}

std::unique_ptr<transcoder::PendingWork> ScriptedTracks::later(milliseconds delay, std::function<void()> done) {
    const auto wanted = std::make_shared<bool>(true);
    time_.after(delay, [wanted, done = std::move(done)] {
        if (*wanted) done();
    });
    return std::make_unique<transcoder::PendingWork>([wanted] { *wanted = false; });
}

std::unique_ptr<transcoder::PendingWork> ScriptedTracks::resolve(const std::string& link, std::function<void(Resolved)> done) {
    throw_if(link, "resolve");
    const ScriptedLink script = parsed(link.find("/throws/") == std::string::npos ? link : "https://example.org/30/50/");
    Resolved result = transcoder::TranscodeError{transcoder::Fault::not_found, "There is nothing at this link."};
    if (script.seconds > 0) {
        transcoder::Track track;
        track.link = track.title = link;
        track.duration = MediaDuration{kSampleRate * script.seconds};
        result = track;
    }
    return later(script.delay, [done = std::move(done), result] { done(result); });
}

std::unique_ptr<transcoder::PendingWork> ScriptedTracks::list(const std::string& link, std::size_t /*most*/,
                                                              std::function<void(ListedOrError)> done) {
    const ScriptedLink script = parsed(link);
    transcoder::Listing listing;
    listing.entries.push_back({link, link, "", script.seconds * 1000, ""});
    return later(script.delay, [done = std::move(done), listing] { done(listing); });
}

std::unique_ptr<transcoder::PendingWork> ScriptedTracks::fetch_artwork(const std::string& /*url*/,
                                                                       std::function<void(std::optional<transcoder::Artwork>)> /*done*/) {
    return nullptr;
}

std::shared_ptr<const transcoder::Media> ScriptedTracks::load(const transcoder::Track& track,
                                                              std::function<void(const std::string&)> /*on_trouble*/) {
    throw_if(track.link, "load");
    return std::make_shared<const transcoder::Media>(track, transcoder::AddressPolicy::public_only, nullptr);
}

std::unique_ptr<transcoder::PendingWork> ScriptedTracks::measure(std::shared_ptr<const transcoder::Media> /*media*/,
                                                                 std::function<void(const transcoder::Loudness&)> on_estimate) {
    return later(milliseconds(700), [on_estimate = std::move(on_estimate)] { on_estimate({-14, -1, true}); });
}

std::unique_ptr<transcoder::Pipeline> ScriptedTracks::open(std::shared_ptr<const transcoder::Media> media, transcoder::PipelineStart start,
                                                           transcoder::PipelineEvents events) {
    throw_if(media->track().link, "open");
    return std::make_unique<ScriptedPipeline>(time_, *media->track().duration, start, std::move(events));
}

void RecordedListener::receive(const std::vector<std::uint8_t>& bytes, ServerTime now) {
    ++pieces_;
    begun_.insert(begun_.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (begun_.size() - at >= 2) {
        const std::span<const std::uint8_t> rest = std::span(begun_).subspan(at);
        const std::size_t short_length = rest[1];
        const std::size_t header = short_length < 126 ? 2 : short_length == 126 ? 4 : 10;
        if (rest.size() < header) break;
        const std::size_t length = header == 2 ? short_length : big_endian(rest.subspan(2, header - 2));
        if (rest.size() < header + length) break;
        const auto payload = rest.subspan(header, length);
        const auto opcode = static_cast<Opcode>(rest[0] & 0x0fU);
        if (opcode == Opcode::text) take_text(payload, now);
        if (opcode == Opcode::binary) take_audio(payload, now);
        at += header + length;
    }
    begun_.erase(begun_.begin(), begun_.begin() + static_cast<std::ptrdiff_t>(at));
}

void RecordedListener::take_audio(std::span<const std::uint8_t> payload, ServerTime now) {
    if (payload[0] != kAudioKind) return;
    const auto pre_roll = static_cast<std::int64_t>(payload[1] >> 4U);
    const auto count = static_cast<std::int64_t>(big_endian(payload.subspan(2, 2)));
    const ServerTime first = server_time(static_cast<std::int64_t>(big_endian(payload.subspan(8, 8))));
    runs_.emplace(static_cast<std::uint32_t>(big_endian(payload.subspan(4, 4))),
                  Run{now, first + milliseconds(20) * pre_roll, first + milliseconds(20) * count});
}

void RecordedListener::take_text(std::span<const std::uint8_t> payload, ServerTime now) {
    const Json json = Json::parse(payload.begin(), payload.end());
    if (json.at("type") == "reaction") ++reactions_;
    if (json.at("type") != "state") return;
    State state;
    state.received = now;
    state.status = json.at("status").get<std::string>();
    state.epoch = json.at("epoch").get<std::uint32_t>();
    state.timeline = timeline_of(json.at("timeline"));
    const Json& track = json.at("track");
    if (track.is_object() && track.at("durationMs").is_number())
        state.duration = MediaDuration{track.at("durationMs").get<std::int64_t>() * kSampleRate / 1000};
    const Json& upcoming = json.at("upcoming");
    if (upcoming.is_object())
        state.upcoming = {upcoming.at("epoch").get<std::uint32_t>(), timeline_of(upcoming.at("timeline")).anchor_time()};
    states_.push_back(std::move(state));
}

bool RecordedListener::has_packet(std::uint32_t epoch, ServerTime at) const {
    const auto [first, last] = runs_.equal_range(epoch);
    return std::any_of(first, last,
                       [at](const auto& run) { return run.second.received <= at && run.second.begins <= at && at < run.second.ends; });
}

std::string RecordedListener::silence_at(const State& state, ServerTime at) const {
    constexpr milliseconds kWithoutSound{2'500};  // while a track opens or is sought in
    constexpr milliseconds kGivesWay{600};        // what is over, to what follows
    if (state.status == "buffering" && at - state.received > kWithoutSound) return "it waits for sound that has come";
    if (state.status != "playing" || at < state.timeline.anchor_time()) return {};
    if (state.upcoming && at >= state.upcoming->second)
        return has_packet(state.upcoming->first, at) ? "" : "the upcoming track has no packet";
    if (state.duration && state.timeline.position_at(at) >= MediaTime{*state.duration}) {
        const ServerTime end = state.timeline.due_at(MediaTime{*state.duration});
        return at > std::max(end, state.received) + kGivesWay ? "the track is over and does not give way" : "";
    }
    return has_packet(state.epoch, at) ? "" : "the track that plays has no packet";
}

std::string RecordedListener::first_silence(ServerTime from, ServerTime to) const {
    for (ServerTime at = from; at < to; at += milliseconds(20)) {
        const auto after = std::ranges::upper_bound(states_, at, {}, &State::received);
        if (after == states_.begin()) continue;
        const State& known = *std::prev(after);
        const std::string silence = silence_at(known, at);
        if (silence.empty()) continue;
        std::ostringstream text;
        text << silence << ": at " << (at - from).count() / 1000 << " ms, " << known.status << ", epoch " << known.epoch << ", position "
             << samples(known.timeline.position_at(at)) * 1000 / kSampleRate << " ms";
        return text.str();
    }
    return {};
}

SimulatedRoom::SimulatedRoom() {
    sender_ = std::make_unique<Sender>(std::make_unique<RecordingCalls>(heard_, time_),
                                       [this] { time_.after(ServerClock::duration(0), [this] { sender_->flush(); }); });
    outbox_ = std::make_unique<Outbox>(-1, *sender_, Outbox::Events{[] {}, [this] { room_->on_drained(listener_, time_.now()); }, [] {}});
    RoomServices services{.transcoder = tracks_,
                          .store = shared().store(),
                          .metrics = metrics_,
                          .passwords = shared().passwords(),
                          .tick_by = [this](ServerTime time) { tick_by(time); },
                          .limits = {.links_per_minute = 0},
                          .budgets = budgets_,
                          .shares = shares_};
    services.clock = [this] { return time_.now(); };
    room_ = std::make_shared<Room>(db::RoomRow{1, "ABCDE"}, Founding{kHost}, services, time_.now(), "", RoomLife{});
    listener_.outbox = outbox_.get();
    listener_.member = kHost;
    listener_.name = "Ada";
    listener_.end = [](std::uint16_t, const std::string&) {};
    listener_.heard_at = time_.now() + std::chrono::hours(1);  // nobody takes it for dead
    room_->join(listener_, time_.now());
}

SimulatedRoom::~SimulatedRoom() { room_->leave(listener_, time_.now()); }

std::shared_ptr<std::optional<std::string>> SimulatedRoom::command(Command command, const std::string& address) {
    auto answer = std::make_shared<std::optional<std::string>>();
    CommandRequest request{kHost, "Ada", {}, std::move(command)};
    request.address = address;
    room_->handle(std::move(request), time_.now(),
                  [answer](const std::optional<Problem>& problem) { *answer = problem ? problem->code : ""; });
    return answer;
}

// As the Ticker does it: on a grid of 50 ms.
void SimulatedRoom::tick_by(ServerTime time) {
    constexpr milliseconds kGrid{50};
    const ServerTime next(kGrid * (std::max(time, time_.now()).time_since_epoch() / kGrid + 1));
    if (tick_at_ && *tick_at_ <= next) return;
    tick_at_ = next;
    time_.after(next - time_.now(), [this, next] {
        if (tick_at_ == next) tick();
    });
}

void SimulatedRoom::tick() {
    tick_at_.reset();
    room_->tick(time_.now());
    tick_by(room_->tick_due());
}

}  // namespace musicspace::relay
