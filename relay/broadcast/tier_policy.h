#pragma once
// What one listener's line can carry, and so which tier it gets, how far ahead, and how much at once. Pure: readings of the line come in
// as values. A lower tier comes before the lead is lost; a higher one is tried with a lead to spare, and after each failure later.

#include <chrono>
#include <cstdint>
#include <optional>

#include "relay/clock.h"
#include "transcoder/tier.h"

namespace musicspace::relay {

using transcoder::Tier;

struct TierLimits {
    std::chrono::milliseconds lead{3000};            ///< that a listener is given
    std::chrono::milliseconds weak_lead{8000};       ///< on a line that has shown that it is weak
    std::chrono::milliseconds first{200};            ///< at once, of sound, to one who has nothing; then as much again as it has
    std::chrono::milliseconds most{1000};            ///< at once,
    std::chrono::milliseconds most_in_stride{2500};  ///< and where the line is a good one in its stride
    int overhead_bits = 2500;                  ///< a second, on top of a tier's: headers of packets, messages, TCP, and IP; time answers
    double keeps_up = 1.05;                    ///< a line has to carry so much more than the tier, or the tier is too high
    double spare = 0.9;                        ///< of what a line carries, what the tier that is chosen for it may take
    std::chrono::milliseconds rate_time{400};  ///< that the line has to be busy for its rate to be known
    std::int64_t unacked_bytes = 2048;         ///< not more on the way, on a line that nothing is known of,
    double unknown_rate = 320e3;               ///< beside what this many bits a second have on the way in a round trip
    std::int64_t least_unacked_bytes = 2048;
    std::chrono::milliseconds queue_time{500};  ///< not more on the way than the line carries in this time, beside a round trip's
    std::chrono::seconds first_patience{10};    ///< until a higher tier is tried
    std::chrono::seconds longest_patience{160};
    std::chrono::seconds between_skips{3};
    std::chrono::milliseconds new_tier_time{250};  ///< until it is made
    double first_bits = 32e3;                      ///< that come before the first sound after a skip: a batch of it, and a state
    std::chrono::seconds remembered{60};           ///< what the line carried at most
    std::chrono::seconds proven{30};               ///< a higher tier that has held for so long has succeeded
};

inline constexpr TierLimits kTierLimits{};

/// What is known of a line at one moment.
struct LineReading {
    ServerTime now;
    ServerClock::duration lead{};        ///< from now until what has not been handed to the line is due
    std::int64_t acked_bytes = 0;        ///< that have arrived, in all
    std::int64_t unacked_bytes = 0;      ///< handed to the line, and not acknowledged yet
    ServerClock::duration round_trip{};  ///< the shortest
};

class TierPolicy {
public:
    /// `limits` outlive it.
    explicit TierPolicy(const TierLimits& limits = kTierLimits) : limits_(limits) {}

    /// A first guess of what the line carries, in bits a second, until it shows better.
    void expect_rate(double bits_per_second);
    /// Not above it, however good the line.
    void cap_at(Tier tier) { cap_ = tier; }

    /// Whether the line has to be read before each visit: on a good one in its stride it has not.
    [[nodiscard]] bool watched() const { return watched_; }
    /// A good line, with room to spare: it has been seen to carry several times what it gets, or has never been filled.
    [[nodiscard]] bool in_stride(Tier best) const;
    /// The line took less than it was given.
    void on_full() { watched_ = true; }
    /// A new stretch of sound begins: there is no lead.
    void on_break() { watched_ = true; }
    /// Sound was skipped because the line did not carry it.
    void on_skip(ServerTime now);
    void read(const LineReading& reading, Tier best);

    [[nodiscard]] Tier tier(Tier best) const;
    [[nodiscard]] std::chrono::milliseconds lead() const { return weak_ ? limits_.weak_lead : limits_.lead; }
    [[nodiscard]] bool weak() const { return weak_; }
    /// How much sound may be handed over now; 0: look again soon.
    [[nodiscard]] ServerClock::duration allowance(const LineReading& reading, Tier best) const;
    /// In how long what is on the way will have arrived at best; what is due before that comes too late.
    [[nodiscard]] ServerClock::duration drain_time(const LineReading& reading) const;
    /// Whether it is the line that sound waits for: what waits where nothing has shown a limit of the line's comes late from its source.
    [[nodiscard]] bool holds_up(const LineReading& reading) const;
    /// How far ahead of now to skip, so that what is sent next is there in time.
    [[nodiscard]] ServerClock::duration skip_time(const LineReading& reading) const;

private:
    [[nodiscard]] double need(Tier tier) const { return transcoder::bits_per_second(tier) + limits_.overhead_bits; }
    [[nodiscard]] ServerClock::duration best_drain_time(const LineReading& reading) const;
    [[nodiscard]] double seconds_on_the_way(const LineReading& reading, Tier best) const;
    void measure(const LineReading& reading);
    void lower(ServerTime now, Tier best);
    void consider_raising(const LineReading& reading, Tier best, double lead);

    bool watched_ = true;
    bool weak_ = false;
    std::optional<Tier> tier_;  ///< nothing: the best
    std::optional<Tier> cap_;
    const TierLimits& limits_;
    std::optional<double> rate_;   ///< of late
    std::optional<double> limit_;  ///< what the line carried at most, when it had more to carry, within the last minute or so
    ServerTime limit_at_;
    std::optional<LineReading> busy_since_;  ///< unacknowledged bytes were seen at every reading from this one on
    std::optional<ServerTime> calm_since_;   ///< the lead has been whole
    std::optional<ServerTime> skipped_at_;
    std::optional<ServerTime> raised_at_;  ///< not proven yet
    std::chrono::seconds patience_ = limits_.first_patience;
};

}  // namespace musicspace::relay
