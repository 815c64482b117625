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
    for (std::optional<Stream>* stream : {&stream_, &pending_.stream}) {
        if (!*stream || !(*stream)->pipeline || (*stream)->wanted == wanted) continue;
        (*stream)->wanted = wanted;
        // From the next slot on; what was sent before stays what it was.
        const bool plays = stream == &stream_ && broadcaster_.running();
        (*stream)->pipeline->set_tiers(wanted, plays                ? broadcaster_.next()
                                               : stream == &stream_ ? state_.timeline.anchor_position()
                                                                    : MediaTime{});
    }
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

// The wished tier where the slot has it; else what the listener has had, and else the nearest below, or above.
void Room::send(Listener& listener, Slot& slot) {
    const Tier wish = listener.wish.value_or(best_tier(stream_ && stream_->passes_through));
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
    if (!tier || !stream_) return;
    listener.outbox->push(listener.tier == tier ? slot.frames[index_of(*tier)] : broadcaster_.entry(slot, *tier, stream_->logs));
    listener.tier = tier;
}

}  // namespace musicspace::relay
