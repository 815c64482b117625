// TierPolicy against simulated lines: a bottleneck of so many bits a second, and a socket that holds what has not got through yet.

#include "relay/broadcast/tier_policy.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One listener behind a line whose rate changes with time. Sound is handed over as Room does it, in ticks of 50 ms.
class SimulatedListener {
public:
    SimulatedListener(std::function<double(double)> bits_at, Tier best) : bits_at_(std::move(bits_at)), best_(best) {}

    void run(double until) {
        for (; time_ < until; time_ += kTick) {  // NOLINT(cert-flp30-c): a few hundred steps
            carry();
            play();
            serve();
        }
    }
    [[nodiscard]] Tier tier() const { return policy.tier(best_); }

    TierPolicy policy;
    double holes = 0;      ///< seconds in which there was nothing to play, after the first sound
    double first_at = -1;  ///< when sound began
    int changes = 0;
    int skips = 0;

private:
    struct Piece {
        double seconds;
        double bytes;
    };
    static constexpr double kTick = 0.05;
    [[nodiscard]] static ServerTime at(double time) { return server_time(static_cast<std::int64_t>(time * 1e6)); }

    void carry() {
        double budget = bits_at_(time_) / 8 * kTick;
        while (budget > 0 && !on_the_way_.empty()) {
            Piece& piece = on_the_way_.front();
            const double part = std::min(budget, piece.bytes);
            budget -= part;
            acked_ += part;
            const double sound = piece.seconds * part / piece.bytes;
            arrived_ += sound;
            piece.seconds -= sound;
            piece.bytes -= part;
            if (piece.bytes < 1e-6) on_the_way_.erase(on_the_way_.begin());
        }
    }
    void play() {
        // Sound that is heard is what arrived and is not late: a gap stays a gap.
        if (arrived_ <= 0) return;
        if (first_at < 0) first_at = time_;
        if (time_ < skip_until_) return;
        if (arrived_ + skipped_ < time_) holes += kTick;
    }
    void serve() {
        if (handed_bytes_ - acked_ > 24'000) {
            policy.on_full();
            return;
        }
        const double lead = handed_ + skipped_ - time_;
        if (lead < -0.02) {
            ++skips;
            skipped_ = time_ + 0.5 - handed_;
            policy.on_skip(at(time_));
            return;
        }
        const Tier before = tier();
        const LineReading reading{at(time_), ServerClock::duration(static_cast<std::int64_t>(lead * 1e6)),
                                  static_cast<std::int64_t>(acked_), static_cast<std::int64_t>(handed_bytes_ - acked_),
                                  std::chrono::milliseconds(20)};
        const bool due = lead < std::chrono::duration<double>(policy.lead()).count();
        if (!due) return;
        if (policy.watched()) policy.read(reading, best_);
        if (tier() != before) ++changes;
        double allowed = std::chrono::duration<double>(policy.allowance(reading, best_)).count();
        if (lead > 2) allowed = std::min(allowed, policy.weak() ? 0.5 : 1.0);
        if (allowed <= 0) return;
        const double bytes = (transcoder::bits_per_second(tier()) + 1800) / 8.0 * allowed;
        on_the_way_.push_back({allowed, bytes});
        handed_ += allowed;
        handed_bytes_ += bytes;
    }

    std::function<double(double)> bits_at_;
    Tier best_;
    double time_ = 0;
    std::vector<Piece> on_the_way_;
    double handed_ = 0;  ///< seconds of sound
    double arrived_ = 0;
    double skipped_ = 0;
    double skip_until_ = 0;
    double handed_bytes_ = 0;
    double acked_ = 0;
};

auto steady(double bits) {
    return [bits](double) { return bits; };
}

TEST(TierPolicy, AGoodLineGetsTheBestAndIsLeftAlone) {
    for (const Tier best : {Tier::kbps96, Tier::kbps160}) {
        SimulatedListener listener(steady(5e6), best);
        listener.run(60);
        EXPECT_EQ(listener.tier(), best);
        EXPECT_EQ(listener.changes, 0);
        EXPECT_EQ(listener.holes, 0);
        EXPECT_FALSE(listener.policy.watched());
    }
}

TEST(TierPolicy, AWeakLineGetsWhatItCarries) {
    const std::vector<std::pair<double, Tier>> lines{{32e3, Tier::kbps24}, {64e3, Tier::kbps48}, {128e3, Tier::kbps96}};
    for (const auto& [bits, tier] : lines) {
        SimulatedListener listener(steady(bits), Tier::kbps160);
        listener.run(120);
        const double early = listener.holes;
        EXPECT_LT(early, 4) << bits << ": only while the line is getting known";
        EXPECT_EQ(listener.tier(), tier) << bits;
        listener.run(900);
        EXPECT_EQ(listener.holes, early) << bits;
        EXPECT_LE(listener.changes, 20) << bits << ": ever rarer";
    }
}

TEST(TierPolicy, FollowsALineThatGetsWorseAndBetterWithoutAHole) {
    const auto steps = [](double time) { return time < 60 || time > 90 ? 64e3 : 20e3; };
    SimulatedListener listener(steps, Tier::kbps96);
    listener.run(55);
    EXPECT_EQ(listener.tier(), Tier::kbps48);
    const double before = listener.holes;
    const int skips = listener.skips;
    listener.run(75);
    EXPECT_EQ(listener.tier(), Tier::kbps24);
    listener.run(200);
    EXPECT_EQ(listener.tier(), Tier::kbps48);
    EXPECT_EQ(listener.holes, before);
    EXPECT_EQ(listener.skips, skips);
}

TEST(TierPolicy, AShortDipOfAGoodLineCostsNothingForLong) {
    const auto dip = [](double time) { return time > 30 && time < 33 ? 10e3 : 2e6; };
    SimulatedListener listener(dip, Tier::kbps96);
    listener.run(30);
    listener.run(120);
    EXPECT_EQ(listener.tier(), Tier::kbps96);
    EXPECT_EQ(listener.holes, 0);
}

TEST(TierPolicy, DoesNotOscillate) {
    SimulatedListener listener(steady(44e3), Tier::kbps160);
    listener.run(600);
    const int early = listener.changes;
    listener.run(1800);
    EXPECT_LE(listener.changes - early, 20) << "a trial every 160 s, and back";
    EXPECT_EQ(listener.tier(), Tier::kbps24);
}

TEST(TierPolicy, ALineBelowTheLowestTierSkipsNowAndThen) {
    SimulatedListener listener(steady(16e3), Tier::kbps96);
    listener.run(300);
    EXPECT_EQ(listener.tier(), Tier::kbps24);
    EXPECT_GT(listener.skips, 5);
    EXPECT_LT(listener.skips, 300) << "not all the time";
}

TEST(TierPolicy, AHintIsWhereItStartsAndACapWhereItEnds) {
    SimulatedListener hinted(steady(5e6), Tier::kbps96);
    hinted.policy.expect_rate(32e3);
    EXPECT_EQ(hinted.tier(), Tier::kbps24);
    hinted.run(60);
    EXPECT_EQ(hinted.tier(), Tier::kbps96);
    SimulatedListener capped(steady(5e6), Tier::kbps96);
    capped.policy.cap_at(Tier::kbps48);
    capped.run(60);
    EXPECT_EQ(capped.tier(), Tier::kbps48);
}

// In half of 400 ms a listener of 24 kbit/s has not acknowledged what it was sent last: that says nothing of what the line carries.
TEST(TierPolicy, AFalseStartOnALongLineIsMendedSoon) {
    TierPolicy policy;
    policy.expect_rate(32e3);
    int seconds_low = 0;
    for (int tick = 0; policy.tier(Tier::kbps96) == Tier::kbps24 && tick < 200 * 20; ++tick) {
        const milliseconds time(tick * 50);
        policy.read({ServerTime(time), seconds(8), tick * 26'500 / 8 / 20, 1300, milliseconds(400)}, Tier::kbps96);
        seconds_low = tick / 20;
    }
    EXPECT_LE(seconds_low, 11);
}

// Packets that are made late trickle through a good line, and the last one is never acknowledged yet.
TEST(TierPolicy, ASourceThatComesLateIsNoFaultOfTheLine) {
    TierPolicy policy;
    for (int tick = 0; tick < 200; ++tick) {
        const LineReading reading{ServerTime(milliseconds(tick * 50)), -milliseconds(tick * 10), tick * 300, 250, milliseconds(1)};
        policy.read(reading, Tier::kbps96);
        EXPECT_FALSE(policy.holds_up(reading));
        EXPECT_EQ(policy.drain_time(reading).count(), 0);
    }
    EXPECT_EQ(policy.tier(Tier::kbps96), Tier::kbps96);
    EXPECT_FALSE(policy.weak());
}

TEST(TierPolicy, SkipsSoFarThatWhatComesNextIsInTime) {
    TierPolicy policy;
    const auto reading = [](int ms, int acked, int unacked) {
        return LineReading{ServerTime(milliseconds(ms)), -milliseconds(ms), acked, unacked, milliseconds(20)};
    };
    EXPECT_LT(policy.skip_time(reading(0, 0, 4000)), milliseconds(500)) << "nothing is known yet";
    policy.read(reading(0, 0, 4000), Tier::kbps96);
    policy.read(reading(400, 1600, 2400), Tier::kbps96);  // 32 kbit/s
    EXPECT_NEAR(std::chrono::duration<double>(policy.drain_time(reading(400, 1600, 2400))).count(), 0.6, 0.01);
    EXPECT_NEAR(std::chrono::duration<double>(policy.skip_time(reading(400, 1600, 2400))).count(), 1.85, 0.01)
        << "behind what is on the way";
    policy.on_skip(ServerTime(milliseconds(400)));
    EXPECT_EQ(policy.drain_time(reading(500, 1600, 2400)).count(), 0) << "the last one is not over yet";
    EXPECT_EQ(policy.tier(Tier::kbps96), Tier::kbps24);
}

}  // namespace
}  // namespace musicspace::relay
