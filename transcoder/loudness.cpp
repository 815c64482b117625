#include "transcoder/loudness.h"

#include <ebur128.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "transcoder/decoder.h"
#include "transcoder/demuxer.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

constexpr MediaDuration kFirstEstimate{kSampleRate * 5};
constexpr MediaDuration kMostMeasured{kSampleRate * 3 * 3600};

class Meter {
public:
    Meter() : state_(ebur128_init(kChannels, static_cast<unsigned long>(kSampleRate), EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK)) {
        if (state_ == nullptr) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
    }
    ~Meter() { ebur128_destroy(&state_); }
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    void add(const std::vector<float>& pcm) {
        if (ebur128_add_frames_float(state_, pcm.data(), pcm.size() / kChannels) != EBUR128_SUCCESS) {
            throw TranscodeFailure(Fault::internal, "The loudness could not be measured.");
        }
    }

    /// Nothing for silence.
    [[nodiscard]] std::optional<Loudness> loudness(bool whole) const {
        Loudness measured;
        measured.whole = whole;
        if (ebur128_loudness_global(state_, &measured.integrated_lufs) != EBUR128_SUCCESS || !std::isfinite(measured.integrated_lufs)) {
            return std::nullopt;
        }
        double peak = 0;
        for (unsigned channel = 0; channel < kChannels; ++channel) {
            double of_channel = 0;
            ebur128_true_peak(state_, channel, &of_channel);
            peak = std::max(peak, of_channel);
        }
        measured.true_peak_dbtp = 20 * std::log10(std::max(peak, 1e-6));
        return measured;
    }

private:
    ebur128_state* state_;
};

}  // namespace

double gain_of(const Loudness& loudness) {
    const double wanted = std::clamp(kTargetLufs - loudness.integrated_lufs, kLeastGainDb, kMostGainDb);
    // A peak is no reason to make a track softer than the target asks for: it was mastered so.
    const double headroom = std::max(0.0, loudness.whole ? kCeilingDbtp - loudness.true_peak_dbtp : 0.0);
    return std::min(wanted, headroom);
}

void measure_loudness(const std::shared_ptr<const Media>& media, const std::stop_token& stop,
                      const std::function<void(const Loudness&)>& on_estimate) {
    Decoder decoder(std::make_unique<Demuxer>(media, stop), MediaTime{});
    Meter meter;
    MediaDuration measured{0};
    MediaDuration next_estimate = kFirstEstimate;
    std::vector<float> pcm;
    const auto tell = [&](bool whole) {
        if (const auto loudness = meter.loudness(whole)) on_estimate(*loudness);
    };
    while (!stop.stop_requested() && measured < kMostMeasured) {
        pcm.clear();
        if (!decoder.read(pcm)) {
            tell(true);
            return;
        }
        meter.add(pcm);
        measured += MediaDuration{static_cast<std::int64_t>(pcm.size()) / kChannels};
        if (measured < next_estimate) continue;
        next_estimate *= 2;
        tell(false);
    }
}

}  // namespace musicspace::transcoder
