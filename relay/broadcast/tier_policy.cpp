#include "relay/broadcast/tier_policy.h"

#include <algorithm>

namespace musicspace::relay {

namespace {

constexpr Tier kTop = Tier::kbps160;

// 0 when no rate is known.
ServerClock::duration time_for(double bits, std::optional<double> rate) {
    constexpr double kSlowest = 16e3;  // acknowledgements that come late make a rate look lower than it is
    const std::chrono::duration<double> time(rate ? bits / std::max(*rate, kSlowest) : 0);
    return std::chrono::duration_cast<ServerClock::duration>(time);
}
double seconds(ServerClock::duration duration) { return std::chrono::duration<double>(duration).count(); }

Tier next_below(Tier tier) { return transcoder::kAllTiers.at(index_of(tier) == 0 ? 0 : index_of(tier) - 1); }
Tier next_above(Tier tier) { return transcoder::kAllTiers.at(std::min(index_of(tier) + 1, transcoder::kTierCount - 1)); }

}  // namespace

Tier TierPolicy::tier(Tier best) const {
    Tier tier = std::min(tier_.value_or(best), best);
    if (cap_) tier = std::min(tier, *cap_);
    return tier;
}

void TierPolicy::expect_rate(double bits_per_second) {
    Tier expected = kTop;
    while (expected > Tier::kbps24 && need(expected) > bits_per_second) expected = next_below(expected);
    if (expected != kTop) tier_ = expected;
    weak_ = expected < Tier::kbps96;
}

double TierPolicy::seconds_on_the_way(const LineReading& reading, Tier best) const {
    return static_cast<double>(reading.unacked_bytes) * 8 / need(tier(best));
}

// While the line is busy, what is acknowledged tells what it carries.
void TierPolicy::measure(const LineReading& reading) {
    if (reading.unacked_bytes == 0) {
        busy_since_.reset();
        return;
    }
    if (!busy_since_) {
        busy_since_ = reading;
        return;
    }
    const auto time = reading.now - busy_since_->now;
    if (time < limits_.rate_time) return;
    const auto carried = reading.acked_bytes - busy_since_->acked_bytes;
    const double rate = static_cast<double>(carried) * 8 / seconds(time);
    busy_since_ = reading;
    // No more on the way than a round trip's: it is the sender that was slow, not the line.
    constexpr double kQueueing = 1.3;
    constexpr double kDelayedAck = 0.04;
    const double sent_before = rate * (seconds(reading.round_trip) + kDelayedAck) * kQueueing / 8;
    const bool queued = static_cast<double>(reading.unacked_bytes) > sent_before;
    if (!queued && (!rate_ || rate <= *rate_)) return;
    rate_ = rate;
    if (limit_ && rate <= *limit_ && reading.now - limit_at_ < limits_.remembered) return;
    limit_ = rate;
    limit_at_ = reading.now;
}

void TierPolicy::lower(ServerTime now, Tier best) {
    const Tier current = tier(best);
    Tier chosen = next_below(current);
    while (rate_ && chosen > Tier::kbps24 && need(chosen) > *rate_ * limits_.spare) chosen = next_below(chosen);
    if (raised_at_) patience_ = std::min(patience_ * 2, limits_.longest_patience);
    raised_at_.reset();
    calm_since_ = now;
    tier_ = chosen;
    weak_ = true;
}

void TierPolicy::consider_raising(const LineReading& reading, Tier best, double lead) {
    const Tier current = tier(best);
    const Tier highest = cap_ ? std::min(best, *cap_) : best;
    if (raised_at_ && reading.now - *raised_at_ >= limits_.proven) {
        raised_at_.reset();
        patience_ = limits_.first_patience;
        if (current >= highest) weak_ = false;
    }
    const bool whole = lead >= seconds(this->lead()) * 0.7;
    if (!whole) calm_since_.reset();
    if (whole && !calm_since_) calm_since_ = reading.now;
    if (current >= highest) {
        if (!weak_ && !busy_since_ && whole) watched_ = false;
        return;
    }
    const bool hopeless = limit_ && need(next_above(current)) > *limit_ * limits_.spare;
    if (!calm_since_ || reading.now - *calm_since_ < (hopeless ? limits_.longest_patience : patience_)) return;
    tier_ = next_above(current);
    raised_at_ = calm_since_ = reading.now;
}

void TierPolicy::read(const LineReading& reading, Tier best) {
    measure(reading);
    const double lead = seconds(reading.lead) - seconds_on_the_way(reading, best);
    const Tier current = tier(best);
    const double whole_lead = seconds(this->lead());
    const bool falls_behind = busy_since_ && rate_ && *rate_ < need(current) * limits_.keeps_up && lead < whole_lead * 0.95;
    const bool nearly_out = busy_since_ && raised_at_ && lead < whole_lead / 2;
    if ((falls_behind || nearly_out) && current > Tier::kbps24) {
        lower(reading.now, best);
    } else if (falls_behind) {
        weak_ = true;
    } else {
        consider_raising(reading, best, lead);
    }
}

void TierPolicy::on_skip(ServerTime now) {
    weak_ = watched_ = true;
    skipped_at_ = now;
    if (tier_ && raised_at_) patience_ = std::min(patience_ * 2, limits_.longest_patience);
    tier_ = Tier::kbps24;
    raised_at_.reset();
    calm_since_ = now;
}

ServerClock::duration TierPolicy::best_drain_time(const LineReading& reading) const {
    return time_for(static_cast<double>(reading.unacked_bytes) * 8, limit_);
}

ServerClock::duration TierPolicy::drain_time(const LineReading& reading) const {
    const bool still_skipping = skipped_at_ && reading.now - *skipped_at_ < limits_.between_skips;
    return still_skipping ? ServerClock::duration{} : best_drain_time(reading);
}

bool TierPolicy::holds_up(const LineReading& reading) const {
    constexpr std::chrono::milliseconds kMuch{100};
    return best_drain_time(reading) > kMuch;
}

ServerClock::duration TierPolicy::skip_time(const LineReading& reading) const {
    return limits_.new_tier_time + time_for(static_cast<double>(reading.unacked_bytes) * 8 + limits_.first_bits, rate_);
}

bool TierPolicy::in_stride(Tier best) const {
    constexpr double kSeveral = 4;
    return !watched_ && (!limit_ || *limit_ > need(tier(best)) * kSeveral);
}

ServerClock::duration TierPolicy::allowance(const LineReading& reading, Tier best) const {
    if (watched_) {
        // Not a queue in the line, which what is new would have to wait behind.
        const double round_trip = seconds(reading.round_trip);
        const double most =
            rate_ ? std::max(static_cast<double>(limits_.least_unacked_bytes), *rate_ / 8 * (round_trip + seconds(limits_.queue_time)))
                  : static_cast<double>(limits_.unacked_bytes) + limits_.unknown_rate / 8 * round_trip;
        if (static_cast<double>(reading.unacked_bytes) >= most) return {};
    }
    return std::clamp<ServerClock::duration>(reading.lead, limits_.first, in_stride(best) ? limits_.most_in_stride : limits_.most);
}

}  // namespace musicspace::relay
