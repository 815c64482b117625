#pragma once
// How loud a track is, after EBU R 128 (integrated loudness, ITU-R BS.1770) and its true peak, and the gain that brings it to the
// level all tracks are heard at. The sound itself is left as it is: the gain travels with the track and players apply it.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "transcoder/media.h"

namespace musicspace::transcoder {

inline constexpr double kTargetLufs = -16;
inline constexpr double kCeilingDbtp = -1;  ///< no gain lifts a track's true peak above it
inline constexpr double kMostGainDb = 12;   ///< a whisper stays a whisper
inline constexpr double kLeastGainDb = -24;

struct Loudness {
    double integrated_lufs = 0;
    double true_peak_dbtp = 0;
    bool whole = false;  ///< all of the track was measured, so that no later peak can be higher

    friend bool operator==(const Loudness&, const Loudness&) = default;
};

/// In dB. Pure. What was measured in part is only ever made softer: its peaks are yet unknown.
[[nodiscard]] double gain_of(const Loudness& loudness);

/// Decodes `media`, which must be kept, from its start to its end and calls `on_estimate` with what is known after 5, 10, 20, 40...
/// seconds of it and at the end; never for silence. Blocks; ends early on `stop`, and after three hours of sound. Throws TranscodeFailure.
void measure_loudness(const std::shared_ptr<const Media>& media, const std::stop_token& stop,
                      const std::function<void(const Loudness&)>& on_estimate);

}  // namespace musicspace::transcoder
