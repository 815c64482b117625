// The part of Room that deals with bit rates: which tiers are made, and which of them a listener gets.

#include <algorithm>

#include "relay/room/room.h"

namespace musicspace::relay {

using transcoder::best_tier;
using transcoder::kAllTiers;

transcoder::WantedTiers Room::wanted_tiers() const {
    transcoder::WantedTiers wanted;
    for (const Listener* listener : listeners_) {
        if (listener->wish) {
            wanted.tiers.insert(*listener->wish);
        } else {
            wanted.best = true;
        }
    }
    // An empty room plays on for whoever comes.
    if (listeners_.empty()) wanted.best = true;
    return wanted;
}

void Room::follow_wishes() {
    const auto wanted = wanted_tiers();
    // From the next slot on; what was sent before stays what it was.
    const auto follow = [&wanted](std::optional<Stream>& stream, MediaTime from) {
        if (!stream || !stream->pipeline || stream->wanted == wanted) return;
        stream->wanted = wanted;
        stream->pipeline->set_tiers(wanted, from);
    };
    follow(stream_, broadcaster_.running() ? broadcaster_.next() : state_.timeline.anchor_position());
    follow(pending_.stream, MediaTime{});
    follow(next_.stream, next_broadcaster_.running() ? next_broadcaster_.next() : MediaTime{});
}

TierSet Room::tiers_of(const Stream& stream) {
    TierSet tiers = stream.wanted.tiers;
    if (stream.wanted.best) tiers.insert(best_tier(stream.passes_through));
    return tiers;
}

bool Room::wanted_cover(const Stream& stream, MediaTime from, MediaDuration length) const {
    const TierSet tiers = tiers_of(stream);
    return std::ranges::all_of(kAllTiers, [&](Tier tier) { return !tiers.contains(tier) || stream.logs.of(tier).covers(from, length); });
}

void Room::send_due(Broadcaster& broadcaster, const Stream& stream, ServerTime now) {
    for (const auto& slot : broadcaster.take_due(stream.logs, tiers_of(stream), now)) {
        services_.metrics.frames_made +=
            static_cast<std::uint64_t>(std::ranges::count_if(slot->frames, [](const FramePtr& it) { return it != nullptr; }));
        for (Listener* listener : listeners_) send(*listener, *slot, broadcaster, stream);
    }
}

void Room::send_burst(Listener& listener, ServerTime now) {
    if (stream_) {
        for (const auto& slot : broadcaster_.burst(now)) send(listener, *slot, broadcaster_, *stream_);
    }
    if (next_.stream) {
        for (const auto& slot : next_broadcaster_.burst(now)) send(listener, *slot, next_broadcaster_, *next_.stream);
    }
}

// The wished tier where the slot has it; else what the listener has had, and else the nearest below, or above.
void Room::send(Listener& listener, Slot& slot, const Broadcaster& broadcaster, const Stream& stream) {
    const Tier wish = listener.wish.value_or(best_tier(stream.passes_through));
    const auto has = [&slot](Tier tier) { return slot.frames[index_of(tier)] != nullptr; };
    std::optional<Tier> tier;
    if (has(wish)) {
        tier = wish;
    } else if (listener.tier && has(*listener.tier)) {
        tier = listener.tier;
    } else {
        for (const Tier each : kAllTiers) {
            if (has(each) && (!tier || each <= wish)) tier = each;
        }
    }
    if (!tier) return;
    listener.outbox->push(listener.tier == tier ? slot.frames[index_of(*tier)] : broadcaster.entry(slot, *tier, stream.logs));
    listener.tier = tier;
}

}  // namespace musicspace::relay
