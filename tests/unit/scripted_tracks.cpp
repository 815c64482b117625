#include "tests/unit/scripted_tracks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

namespace musicspace::relay {

namespace {

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
        for (const transcoder::Tier tier : transcoder::kAllTiers) next_.at(index_of(tier)) = first;
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
        const transcoder::TierSet before = std::exchange(wanted_, tiers_of(wanted));
        for (const transcoder::Tier tier : transcoder::kAllTiers) {
            if (!before.contains(tier)) next_.at(index_of(tier)) = std::max<std::int64_t>(0, from.time_since_epoch() / span_ - kAhead);
        }
        soon([this] { make(); });
    }

private:
    static constexpr std::int64_t kAhead = 4;

    static transcoder::TierSet tiers_of(transcoder::WantedTiers wanted) {
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
        for (const transcoder::Tier tier : transcoder::kAllTiers) {
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
    transcoder::TierSet wanted_;
    MediaTime limit_;
    std::array<std::int64_t, transcoder::kTierCount> next_{};  ///< each tier's next packet, counted from the track's start
    bool ended_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void throw_if(const std::string& link, const char* where) {
    if (link == std::string("https://example.org/throws/") + where) throw std::runtime_error("no thread can be made");
}

}  // namespace

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

}  // namespace musicspace::relay
