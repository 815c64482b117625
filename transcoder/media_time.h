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

/// The nearest place of a 20 ms packet in a track whose first packet starts `lead` before position 0.
constexpr MediaTime on_packet_grid(MediaTime position, MediaDuration lead) {
    const std::int64_t from_first = samples(position) + lead.count();
    const std::int64_t half = from_first >= 0 ? kPacketSamples / 2 : -kPacketSamples / 2;
    return media_time((from_first + half) / kPacketSamples * kPacketSamples - lead.count());
}

/// How fast media time runs against time, in hundredths, so that all arithmetic stays exact.
using SpeedPercent = std::int64_t;
inline constexpr SpeedPercent kNormalSpeed = 100;
inline constexpr SpeedPercent kSlowest = 50;
inline constexpr SpeedPercent kFastest = 200;
inline constexpr SpeedPercent kSpeedStep = 5;  ///< a packet then covers a whole number of samples

/// The media time that 20 ms of sound cover at `speed`.
constexpr MediaDuration packet_span(SpeedPercent speed) { return MediaDuration{kPacketSamples * speed / kNormalSpeed}; }

}  // namespace musicspace
