// The part of Room that deals with bit rates: which tiers are made.

#include <algorithm>

#include "relay/room/room.h"

namespace musicspace::relay {

using transcoder::best_tier;
using transcoder::kAllTiers;

namespace {

constexpr std::size_t kBestPlace = transcoder::kTierCount;

}  // namespace

Tier Room::best() const { return best_tier(stream_ && stream_->passes_through); }

transcoder::WantedTiers Room::wanted_tiers() const {
    transcoder::WantedTiers wanted;
    for (const Tier tier : kAllTiers) {
        if (wishes_.at(index_of(tier)) > 0) wanted.tiers.insert(tier);
    }
    // An empty room plays on for whoever comes.
    wanted.best = wishes_.at(kBestPlace) > 0 || listeners_.empty();
    return wanted;
}

void Room::follow_wish(Listener& listener, ServerTime now) {
    const Tier tier = listener.wish.value_or(listener.policy.tier(best()));
    count_wish(listener, !listener.wish && tier == best() ? kBestPlace : index_of(tier), now);
}

void Room::count_wish(Listener& listener, std::size_t place, ServerTime now) {
    if (listener.counted == place) return;
    if (listener.counted != Listener::kUncounted) --wishes_.at(listener.counted);
    if (place != Listener::kUncounted) ++wishes_.at(place);
    listener.counted = place;
    follow_wishes(broadcaster_.position_of(listener.cursor, now), next_broadcaster_.position_of(listener.next_cursor, now));
}

// A tier that is new starts where the one who wants it is; what was sent before stays what it was.
void Room::follow_wishes(std::optional<MediaTime> from, std::optional<MediaTime> next_from) {
    const auto wanted = wanted_tiers();
    const auto follow = [&wanted](std::optional<Stream>& stream, MediaTime position) {
        if (!stream || !stream->pipeline || stream->wanted == wanted) return;
        stream->wanted = wanted;
        stream->pipeline->set_tiers(wanted, position);
    };
    follow(stream_, from.value_or(state_.timeline.anchor_position()));
    follow(pending_.stream, MediaTime{});
    follow(next_.stream, next_from.value_or(MediaTime{}));
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

}  // namespace musicspace::relay
