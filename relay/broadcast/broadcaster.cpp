#include "relay/broadcast/broadcaster.h"

#include <algorithm>

namespace musicspace::relay {

namespace {

MediaTime end_of(std::span<const transcoder::Packet> packets) { return packets.back().position + packets.back().span; }

}  // namespace

void Broadcaster::start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at) {
    epoch_ = epoch;
    start_ = next_ = from;
    due_at_ = std::move(due_at);
    slots_.clear();
    slots_made_ = 0;
}

void Broadcaster::stop() {
    due_at_ = nullptr;
    slots_.clear();
}

// What the tiers have in common from `next_` on: each gets its packets in batches of its own, and one that is a batch behind is
// waited for while there is time.
std::vector<transcoder::Packet> Broadcaster::next_run(const TierLogs& logs, TierSet tiers, ServerTime now) const {
    const std::size_t wanted = slots_made_ < policy_.first_frames ? policy_.first_packets : policy_.packets;
    const bool urgent = due_at_(next_) < now + policy_.patience;
    std::optional<std::vector<transcoder::Packet>> run;
    for (const Tier tier : transcoder::kAllTiers) {
        const PacketLog& log = logs.of(tier);
        if (!tiers.contains(tier) || !log.covers(next_, MediaDuration{1})) continue;
        const auto at_next = log.run_from(next_, 1);
        if (at_next.empty()) continue;
        const auto pre_roll = at_next.front().span * static_cast<std::int64_t>(slots_made_ == 0 ? policy_.pre_roll : 0);
        auto candidate = log.run_from(next_ - pre_roll, wanted);
        if (!run || (urgent ? candidate.size() > run->size() : candidate.size() < run->size())) run = std::move(candidate);
    }
    if (!run || end_of(*run) <= next_) return {};
    if (run->size() < wanted && !logs.end()) return {};  // the rest of it is still being made
    return *std::move(run);
}

std::vector<std::shared_ptr<Slot>> Broadcaster::take_due(const TierLogs& logs, TierSet tiers, ServerTime now) {
    std::vector<std::shared_ptr<Slot>> due;
    if (!due_at_) return due;
    while (!slots_.empty() && slots_.front()->ends_at <= now) slots_.pop_front();
    while (true) {
        const auto run = next_run(logs, tiers, now);
        if (run.empty() || due_at_(run.front().position) > now + policy_.lead) break;
        due.push_back(make_slot(logs, tiers, run));
        slots_.push_back(due.back());
        ++slots_made_;
        next_ = end_of(run);
    }
    return due;
}

std::shared_ptr<Slot> Broadcaster::make_slot(const TierLogs& logs, TierSet tiers, std::span<const transcoder::Packet> run) {
    auto slot = std::make_shared<Slot>();
    slot->from = run.front().position;
    slot->ends_at = due_at_(end_of(run));
    slot->packets = run.size();
    slot->first = slots_made_ == 0;
    const auto pre_roll = static_cast<std::size_t>(
        std::ranges::count_if(run, [this](const transcoder::Packet& packet) { return packet.position + packet.span <= start_; }));
    for (const Tier tier : transcoder::kAllTiers) {
        if (!tiers.contains(tier)) continue;
        const auto packets = logs.of(tier).run_from(slot->from, slot->packets);
        if (packets.size() != slot->packets || packets.front().position != slot->from) continue;
        slot->frames[index_of(tier)] = frame_of(tier, packets, std::min(pre_roll, kMostPreRoll));
    }
    return slot;
}

FramePtr Broadcaster::frame_of(Tier tier, std::span<const transcoder::Packet> packets, std::size_t pre_roll) const {
    return make_frame({tier, epoch_, due_at_(packets.front().position), due_at_(end_of(packets)), pre_roll}, packets);
}

std::vector<std::shared_ptr<Slot>> Broadcaster::burst(ServerTime now) const {
    std::vector<std::shared_ptr<Slot>> current;
    std::ranges::copy_if(slots_, std::back_inserter(current), [now](const auto& slot) { return slot->ends_at > now; });
    return current;
}

FramePtr Broadcaster::entry(Slot& slot, Tier tier, const TierLogs& logs) const {
    const FramePtr& plain = slot.frames[index_of(tier)];
    if (slot.first) return plain;
    FramePtr& entry = slot.entries[index_of(tier)];
    if (entry) return entry;
    const PacketLog& log = logs.of(tier);
    if (log.size() == 0) return plain;
    const auto span = log.run_from(slot.from, 1).front().span;
    const auto packets = log.run_from(slot.from - span * static_cast<std::int64_t>(policy_.pre_roll), slot.packets + policy_.pre_roll);
    // The log may have let go of the packets ahead, or hold fewer.
    const auto own = std::ranges::find(packets, slot.from, &transcoder::Packet::position);
    const auto ahead = static_cast<std::size_t>(own - packets.begin());
    const bool whole = own != packets.end() && packets.size() >= ahead + slot.packets;
    entry = whole ? frame_of(tier, std::span(packets).first(ahead + slot.packets), ahead) : plain;
    return entry;
}

}  // namespace musicspace::relay
