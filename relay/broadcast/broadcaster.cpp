#include "relay/broadcast/broadcaster.h"

#include <algorithm>

namespace musicspace::relay {

namespace {

constexpr std::chrono::milliseconds kPacketTime{20};

MediaTime end_of(std::span<const transcoder::Packet> packets) { return packets.back().position + packets.back().span; }

}  // namespace

void Broadcaster::start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at) {
    stop();
    epoch_ = epoch;
    start_ = from;
    due_at_ = std::move(due_at);
}

void Broadcaster::stop() {
    due_at_ = nullptr;
    span_ = MediaDuration{0};
    frames_.clear();
}

// All tiers' packets lie on one grid: any tier tells it.
bool Broadcaster::find_origin(const TierLogs& logs, TierSet tiers) {
    if (span_.count() > 0) return true;
    for (const Tier tier : transcoder::kAllTiers) {
        if (!tiers.contains(tier) || !logs.of(tier).covers(start_, MediaDuration{1})) continue;
        const auto first = logs.of(tier).run_from(start_, 1);
        if (first.empty()) continue;
        origin_ = first.front().position;
        span_ = first.front().span;
        return true;
    }
    return false;
}

std::int64_t Broadcaster::live_packet(ServerTime now) const { return std::max<std::int64_t>(0, (now - due_at_(origin_)) / kPacketTime); }

std::optional<MediaTime> Broadcaster::position_of(const Cursor& cursor, ServerTime now) const {
    if (span_.count() == 0 || !running()) return std::nullopt;
    const bool here = cursor.epoch == epoch_ && cursor.packet >= 0;
    return position_of_packet(here ? cursor.packet : live_packet(now));
}

ServerClock::duration Broadcaster::lead_of(const Cursor& cursor, ServerTime now) const {
    if (span_.count() == 0 || cursor.epoch != epoch_ || cursor.packet < 0) return {};
    return due_at_(position_of_packet(cursor.packet)) - now;
}

// Up to the next multiple of what the lead allows.
std::int64_t Broadcaster::batch(MediaTime position, std::int64_t packet, const Wish& wish, ServerTime now) const {
    const auto lead = due_at_(position) - now;
    const auto* const step = std::ranges::find_if(policy_.batches, [&](const PacingPolicy::Batch& each) { return lead < each.lead; });
    const std::int64_t most = std::min(step == policy_.batches.end() ? policy_.packets : step->packets, wish.most_packets);
    // Who comes in between gets no splinter first.
    const std::int64_t rest = most - packet % most;
    return rest < 3 && most > 3 ? rest + most : rest;
}

Next Broadcaster::next(const TierLogs& logs, TierSet tiers, const Cursor& cursor, const Wish& wish, ServerTime now) {
    if (!find_origin(logs, tiers)) return NotMade{};
    const bool here = cursor.epoch == epoch_ && cursor.packet >= 0;
    const Cursor from = here ? cursor : cursor_at(now);
    const MediaTime position = position_of_packet(from.packet);
    if (logs.end() && position >= *logs.end()) return AtEnd{};
    const ServerTime due = due_at_(position);
    if (due > now + wish.lead) return NotBefore{due - wish.lead};
    if (due + kPacketTime <= now) return Late{};
    const auto run = choose(logs, tiers, from, wish.tier, batch(position, from.packet, wish, now), due < now + policy_.patience);
    if (!run) return logs.end() && logs.produced_until() <= position ? Next(AtEnd{}) : Next(NotMade{});
    return NextFrame{frame_of(logs, *run), {epoch_, run->first + run->count, run->tier}};
}

// The wished tier where it has got so far; else the one the listener has had; else, when there is no time left, any: the nearest below
// the wish, or above.
std::optional<Broadcaster::Run> Broadcaster::choose(const TierLogs& logs, TierSet tiers, const Cursor& cursor, Tier wish,
                                                    std::int64_t count, bool urgent) const {
    const MediaTime position = position_of_packet(cursor.packet);
    const auto run_of = [&](Tier tier, std::int64_t least) -> std::optional<Run> {
        const PacketLog& log = logs.of(tier);
        if (!log.covers(position, MediaDuration{1})) return std::nullopt;
        const std::int64_t there = std::min<std::int64_t>(count, (*log.produced_until() - position) / span_);
        if (there < least && !logs.end()) return std::nullopt;
        if (there < 1) return std::nullopt;
        return Run{tier, cursor.packet, there, cursor.tier != tier};
    };
    if (tiers.contains(wish)) {
        if (auto run = run_of(wish, count)) return run;
    }
    // Though it may not be made any more: what is there of it bridges the time.
    if (cursor.tier) {
        if (auto run = run_of(*cursor.tier, count)) return run;
    }
    if (!urgent) return std::nullopt;
    std::optional<Run> best;
    for (const Tier tier : transcoder::kAllTiers) {
        const auto run = tiers.contains(tier) ? run_of(tier, 1) : std::nullopt;
        if (run && (!best || tier <= wish)) best = run;
    }
    return best;
}

FramePtr Broadcaster::frame_of(const TierLogs& logs, const Run& run) {
    FramePtr& frame = frames_[{run.first, run.count, run.tier, run.entry}];
    if (!frame) {
        frame = make(logs, run);
        ++frames_made_;
    }
    return frame;
}

FramePtr Broadcaster::make(const TierLogs& logs, const Run& run) const {
    const PacketLog& log = logs.of(run.tier);
    const MediaTime from = position_of_packet(run.first);
    // What lies before the epoch's start is never heard; of what lies before an entry, the log may hold less.
    const std::int64_t ahead = run.entry ? std::min<std::int64_t>(policy_.pre_roll, kMostPreRoll) : 0;
    auto packets = log.run_from(from - span_ * ahead, static_cast<std::size_t>(run.count + ahead));
    const auto pre_roll = static_cast<std::size_t>(
        std::ranges::count_if(packets, [from](const transcoder::Packet& packet) { return packet.position < from; }));
    packets.resize(std::min(packets.size(), pre_roll + static_cast<std::size_t>(run.count)));
    return make_frame({run.tier, epoch_, due_at_(packets.front().position), due_at_(end_of(packets)), pre_roll}, packets);
}

void Broadcaster::forget(ServerTime now) {
    std::erase_if(frames_, [now](const auto& entry) { return entry.second->ends_at <= now; });
}

}  // namespace musicspace::relay
