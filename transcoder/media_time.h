#pragma once
// Positions inside a track. Media time counts samples at 48 kHz, the rate at which every track leaves the transcoder, so a
// position names one exact sample and 20 ms of Opus is exactly 960.

#include <chrono>
#include <cstdint>

namespace musicspace {

inline constexpr std::int64_t kSampleRate = 48'000;
inline constexpr std::int64_t kPacketSamples = 960;
inline constexpr int kChannels = 2;

/// A clock that only gives time_point its type; nobody can ask it for "now".
struct MediaClock {
    using duration = std::chrono::duration<std::int64_t, std::ratio<1, kSampleRate>>;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MediaClock>;
};

using MediaDuration = MediaClock::duration;
using MediaTime = MediaClock::time_point;

inline constexpr MediaDuration kPacketDuration{kPacketSamples};

/// Samples since the track's start.
constexpr std::int64_t samples(MediaTime time) { return time.time_since_epoch().count(); }
constexpr MediaTime media_time(std::int64_t sample_count) { return MediaTime{MediaDuration{sample_count}}; }

}  // namespace musicspace
