#pragma once
// How long a track may take until it sounds for the first time. A Media holds one; everything that reads the track asks it, on any
// thread. Once the track has sounded there is no such limit any more: who plays it waits, and sees that it waits.

#include <atomic>
#include <chrono>
#include <optional>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

struct OpeningLimits {
    std::chrono::milliseconds time{20'000};
    MediaDuration enough{kSampleRate / 2};  ///< of sound, until the track counts as one that plays
};

class Opening {
public:
    using Clock = std::chrono::steady_clock;

    explicit Opening(OpeningLimits limits, Clock::time_point begun = Clock::now()) : limits_(limits), deadline_(begun + limits.time) {}

    /// When to give up; nothing once it has sounded.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const { return sounded_ ? std::nullopt : std::optional(deadline_); }
    [[nodiscard]] OpeningLimits limits() const { return limits_; }
    /// `sound`: how much one reader has decoded, from where it began.
    void note_sound(MediaDuration sound) {
        if (sound >= limits_.enough) sounded_ = true;
    }
    void note_end() { sounded_ = true; }

private:
    const OpeningLimits limits_;
    const Clock::time_point deadline_;
    std::atomic<bool> sounded_ = false;
};

}  // namespace musicspace::transcoder
