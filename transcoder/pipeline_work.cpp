#include "transcoder/pipeline_work.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace musicspace::transcoder {

namespace {

// What an Opus decoder needs to converge after a start in the middle (RFC 7845 section 4.6: 80 ms).
constexpr std::int64_t kPreRollPackets = 4;
// The first packets leave at once, so that sound starts early; later ones in runs, so that posting costs little.
constexpr std::size_t kFirstBatch = 5;
constexpr std::size_t kBatch = 25;
constexpr int kMostReopens = 5;

// At normal speed all starts share one grid, whose packets are the source's own where those pass through.
BlockGrid grid_for(MediaTime position, SpeedPercent speed, MediaDuration encoder_lookahead, MediaDuration source_lead) {
    if (speed != kNormalSpeed) return {std::max(MediaTime{}, position - packet_span(speed) * kPreRollPackets), speed};
    std::int64_t phase = (encoder_lookahead - source_lead).count() % kPacketSamples;
    if (phase > 0) phase -= kPacketSamples;
    return {media_time(phase), speed};
}

}  // namespace

Pipeline::Work::Work(std::shared_ptr<Shared> shared, std::shared_ptr<const Media> media, PipelineStart start, std::stop_token stop)
    : shared_(std::move(shared)), media_(std::move(media)), stop_(std::move(stop)) {
    grid_.speed = start.speed;
    open(start.position);
}

void Pipeline::Work::open(MediaTime position) {
    first_demuxer_ = std::make_unique<Demuxer>(media_, stop_);
    StreamInfo info = first_demuxer_->info();
    const auto lead = OpusPassage::lead_of(first_demuxer_->stream());
    // What is not kept can be read once only: by the lane that serves every tier.
    passes_through_ = info.passes_through = lead.has_value() && grid_.speed == kNormalSpeed && media_->kept();
    grid_ = grid_for(position, grid_.speed, kEncoderLookahead, passes_through_ ? *lead : kEncoderLookahead);
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->wanted_from = std::max(shared_->wanted_from, position);
    }
    post([info](const PipelineEvents& events) { events.on_opened(info); });
}

std::unique_ptr<Demuxer> Pipeline::Work::opened() {
    return first_demuxer_ ? std::move(first_demuxer_) : std::make_unique<Demuxer>(media_, stop_);
}

template <typename Event>
void Pipeline::Work::post(Event event) {
    shared_->post([shared = shared_, event = std::move(event)]() mutable {
        if (!shared->detached) event(shared->events);
    });
}

void Pipeline::Work::run() {
    try {
        while (take_orders()) {
            try {
                if (!work_once()) flush_all();
            } catch (const TranscodeFailure& failure) {
                if (failure.fault() != Fault::changed || ++reopened_ > kMostReopens) throw;
                go_on_in_new_file();
            }
        }
    } catch (const TranscodeFailure&) {
        flush_all();  // what was made before it broke is good
        throw;
    }
}

void Pipeline::Work::go_on_in_new_file() {
    spdlog::info("a track's file was replaced: going on in the new one");
    first_demuxer_.reset();
    for (EncodeLane& lane : lanes_) lane.go_on_in(opened());  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): a false alarm
    if (!passage_) return;
    auto demuxer = opened();  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): a false alarm
    if (OpusPassage::lead_of(demuxer->stream())) {
        passage_.emplace(std::move(demuxer), passage_at_);
    } else {
        end_passage_early();
    }
}

// Follows the room's wishes, and waits while there is nothing to do. False when asked to stop.
bool Pipeline::Work::take_orders() {
    WantedTiers wanted;
    MediaTime from;
    {
        std::unique_lock lock(shared_->mutex);
        const auto has_work = [this] {
            if (shared_->wanted != wanted_) return true;
            const bool lane =
                std::ranges::any_of(lanes_, [this](const EncodeLane& it) { return !it.ended() && it.position() <= shared_->limit; });
            return lane || (passage_ && !passage_ended_ && passage_at_ <= shared_->limit);
        };
        if (!has_work()) {
            lock.unlock();
            flush_all();
            lock.lock();
            if (!shared_->changed.wait(lock, stop_, has_work)) return false;
        }
        if (stop_.stop_requested()) return false;
        if (shared_->wanted == wanted_) return true;
        wanted = wanted_ = shared_->wanted;
        from = shared_->wanted_from;
    }
    TierSet tiers = wanted.tiers;
    if (wanted.best) tiers.insert(best_tier(passes_through_));
    for (const Tier tier : kAllTiers) {
        if (made_.contains(tier) && !tiers.contains(tier)) remove_tier(tier);
        if (!made_.contains(tier) && tiers.contains(tier)) add_tier(tier, from);
    }
    return true;
}

void Pipeline::Work::add_tier(Tier tier, MediaTime from) {
    made_.insert(tier);
    sent_any_[index_of(tier)] = false;
    end_told_ = false;
    const std::int64_t block = std::max<std::int64_t>(0, grid_.block_of(from) - kPreRollPackets);
    if (tier == kTopTier && passes_through_) {
        passage_at_ = grid_.start_of(block) - kEncoderLookahead;
        passage_.emplace(opened(), passage_at_);
        passage_ended_ = false;
        return;
    }
    const auto same = std::ranges::find_if(lanes_, [block](const EncodeLane& lane) { return lane.block() == block; });
    if (same != lanes_.end()) {
        same->add(tier);
    } else if (!media_->kept() && !lanes_.empty()) {
        lanes_.front().add(tier);
    } else {
        lanes_.emplace_back(opened(), grid_, block).add(tier);
    }
}

void Pipeline::Work::remove_tier(Tier tier) {
    made_.erase(tier);
    batches_[index_of(tier)].clear();
    for (EncodeLane& lane : lanes_) lane.remove(tier);
    std::erase_if(lanes_, [](const EncodeLane& lane) { return lane.idle(); });
    if (tier == kTopTier) passage_.reset();
}

// One step of what lags behind most. False when nothing can be done now.
bool Pipeline::Work::work_once() {
    MediaTime limit;
    {
        const std::lock_guard lock(shared_->mutex);
        limit = shared_->limit;
    }
    EncodeLane* last = nullptr;
    for (EncodeLane& lane : lanes_) {
        if (!lane.ended() && lane.position() <= limit && (last == nullptr || lane.position() < last->position())) last = &lane;
    }
    const bool passage = passage_ && !passage_ended_ && passage_at_ <= limit;
    if (passage && (last == nullptr || passage_at_ < last->position())) {
        step_passage();
    } else if (last != nullptr) {
        step_lane(*last);
        join_lanes();
    } else {
        return false;
    }
    return true;
}

void Pipeline::Work::step_lane(EncodeLane& lane) {
    fresh_.clear();
    lane.step(fresh_);
    for (EncodeLane::Made& made : fresh_) keep(made.tier, std::move(made.packet));
    if (!lane.ended()) return;
    flush_all();
    if (!std::exchange(end_told_, true)) {
        post([end = lane.end()](const PipelineEvents& events) { events.on_ended(end); });
    }
}

void Pipeline::Work::step_passage() {
    std::optional<Packet> packet;
    try {
        packet = passage_->next();
    } catch (const TranscodeFailure& failure) {
        if (failure.fault() != Fault::unsupported) throw;
        end_passage_early();
        return;
    }
    if (packet) {
        passage_at_ = packet->position + packet->span;
        keep(kTopTier, std::move(*packet));
        return;
    }
    passage_ended_ = true;
    flush_all();
    if (!std::exchange(end_told_, true)) {
        post([end = passage_->end()](const PipelineEvents& events) { events.on_ended(end); });
    }
}

// A packet that does not fit: the top tier goes on as an encoding.
void Pipeline::Work::end_passage_early() {
    spdlog::info("a track's packets stop being 20 ms long: encoding from here");
    passage_.reset();
    passes_through_ = false;
    const std::int64_t block = grid_.block_of(passage_at_ + kEncoderLookahead);
    lanes_.emplace_back(opened(), grid_, block).add(kTopTier);
}

// At another speed two lanes' sound differs by where the filter cut; they stay apart.
void Pipeline::Work::join_lanes() {
    if (grid_.speed != kNormalSpeed) return;
    for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
        for (auto other = std::next(lane); other != lanes_.end();) {
            if (lane->block() == other->block() && !lane->ended()) {
                lane->absorb(*other);
                other = lanes_.erase(other);
            } else {
                ++other;
            }
        }
    }
}

void Pipeline::Work::keep(Tier tier, Packet packet) {
    auto& batch = batches_[index_of(tier)];
    batch.push_back(std::move(packet));
    if (batch.size() >= (sent_any_[index_of(tier)] ? kBatch : kFirstBatch)) flush(tier);
}

void Pipeline::Work::flush(Tier tier) {
    auto& batch = batches_[index_of(tier)];
    if (batch.empty()) return;
    sent_any_[index_of(tier)] = true;
    post([tier, packets = std::exchange(batch, {})](const PipelineEvents& events) mutable { events.on_packets(tier, std::move(packets)); });
}

void Pipeline::Work::flush_all() {
    for (const Tier tier : kAllTiers) flush(tier);
}

}  // namespace musicspace::transcoder
