#pragma once
// The law that ties server time to media position. A value; pure.
//   held:    the position stays where it is from `since` on (paused, waiting for sound).
//   running: position = anchor position + speed * (time - anchor time), from the anchor time on.
// Before its anchor a timeline stands at its anchor position; what was heard until then is the previous timeline's business.

#include "relay/clock.h"
#include "transcoder/media_time.h"

namespace musicspace::relay {

class Timeline {
public:
    static constexpr Timeline held_at(MediaTime position, ServerTime since) { return {position, since, kNormalSpeed, false}; }
    static constexpr Timeline running_from(MediaTime position, ServerTime at, SpeedPercent speed = kNormalSpeed) {
        return {position, at, speed, true};
    }

    [[nodiscard]] constexpr bool running() const { return running_; }
    [[nodiscard]] constexpr MediaTime anchor_position() const { return position_; }
    [[nodiscard]] constexpr ServerTime anchor_time() const { return at_; }
    [[nodiscard]] constexpr SpeedPercent speed() const { return speed_; }

    /// The sample that is due at `time` (rounded down to a whole one).
    [[nodiscard]] constexpr MediaTime position_at(ServerTime time) const {
        if (!running_ || time <= at_) return position_;
        return position_ + MediaDuration{(time - at_).count() * kSamplesPerMilli * speed_ / (100 * 1000)};
    }

    /// When the sample at `position` is due, also for positions before the anchor. Only for a running timeline.
    [[nodiscard]] constexpr ServerTime due_at(MediaTime position) const {
        // Rounded down on both sides of the anchor, so that equal distances stay equal.
        const std::int64_t numerator = (position - position_).count() * 1000 * kNormalSpeed;
        const std::int64_t denominator = kSamplesPerMilli * speed_;
        return at_ + ServerClock::duration{numerator / denominator - (numerator % denominator < 0 ? 1 : 0)};
    }

    friend constexpr bool operator==(const Timeline&, const Timeline&) = default;

private:
    static constexpr std::int64_t kSamplesPerMilli = kSampleRate / 1000;
    constexpr Timeline(MediaTime position, ServerTime at, SpeedPercent speed, bool running)
        : position_(position), at_(at), speed_(speed), running_(running) {}

    MediaTime position_;
    ServerTime at_;
    SpeedPercent speed_;
    bool running_;
};

}  // namespace musicspace::relay
