#include "relay/broadcast/tier_policy.h"

#include <algorithm>

namespace musicspace::relay {

namespace {

constexpr Tier kTop = Tier::kbps160;

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
    const auto carried = (reading.handed_bytes - reading.unacked_bytes) - (busy_since_->handed_bytes - busy_since_->unacked_bytes);
    rate_ = static_cast<double>(carried) * 8 / seconds(time);
    busy_since_ = reading;
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
    if (!calm_since_ || reading.now - *calm_since_ < patience_) return;
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
    if (tier_ && raised_at_) patience_ = std::min(patience_ * 2, limits_.longest_patience);
    tier_ = Tier::kbps24;
    raised_at_.reset();
    calm_since_ = now;
}

ServerClock::duration TierPolicy::allowance(const LineReading& reading) const {
    if (watched_ && reading.lead < lead() / 2) {
        // Not a queue in the line, which what is new would have to wait behind.
        std::int64_t most = limits_.unacked_bytes;
        if (rate_) most = std::max(limits_.least_unacked_bytes, static_cast<std::int64_t>(*rate_ / 8 * seconds(limits_.queue_time)));
        if (reading.unacked_bytes >= most) return {};
    }
    return std::clamp<ServerClock::duration>(reading.lead, limits_.first, limits_.most);
}

}  // namespace musicspace::relay
