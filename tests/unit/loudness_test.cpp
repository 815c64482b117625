// Known signals, as files, through the real decoder and meter. EBU Tech 3341: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS.

#include "transcoder/loudness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <optional>

#include "tests/unit/wav_file.h"

namespace musicspace::transcoder {
namespace {

std::vector<float> sine(double dbfs, double seconds) {
    std::vector<float> signal(static_cast<std::size_t>(seconds * static_cast<double>(kSampleRate)));
    for (std::size_t i = 0; i < signal.size(); ++i) {
        const double phase = 2 * std::numbers::pi * 1000 * static_cast<double>(i) / static_cast<double>(kSampleRate);
        signal[i] = static_cast<float>(std::pow(10, dbfs / 20) * std::sin(phase));
    }
    return signal;
}

std::vector<Loudness> estimates_of(const std::vector<float>& signal) {
    const WavFile file(signal);
    Track track;
    track.file = file.path();
    std::vector<Loudness> estimates;
    measure_loudness(std::make_shared<const Media>(track, AddressPolicy::public_only, nullptr), {},
                     [&](const Loudness& loudness) { estimates.push_back(loudness); });
    return estimates;
}

TEST(LoudnessMeter, MeasuresTheReferenceSignal) {
    const auto estimates = estimates_of(sine(-23, 12));
    ASSERT_EQ(estimates.size(), 3U);  // after 5 s, after 10 s, and of the whole
    EXPECT_FALSE(estimates.front().whole);
    const Loudness& whole = estimates.back();
    EXPECT_TRUE(whole.whole);
    EXPECT_NEAR(whole.integrated_lufs, -23, 0.1);
    EXPECT_NEAR(whole.true_peak_dbtp, -23, 0.2);
    EXPECT_NEAR(gain_of(whole), 7, 0.1);
}

TEST(LoudnessMeter, SaysNothingAboutSilence) { EXPECT_TRUE(estimates_of(std::vector<float>(kSampleRate * 7, 0.0F)).empty()); }

TEST(LoudnessMeter, FindsPeaksBetweenTheSamples) {
    // A quarter of the sample rate, shifted by 45 degrees: samples stand at 0.707 of the true peak.
    std::vector<float> signal(kSampleRate * 6);
    for (std::size_t i = 0; i < signal.size(); ++i) {
        signal[i] = static_cast<float>(std::sin(std::numbers::pi / 2 * static_cast<double>(i) + std::numbers::pi / 4));
    }
    EXPECT_NEAR(estimates_of(signal).back().true_peak_dbtp, 0, 0.4);
}

TEST(Gain, BringsTracksToTheTargetAndNeverLiftsAPeakAboveTheCeiling) {
    struct Case {
        Loudness loudness;
        double gain;
    };
    for (const auto& [loudness, gain] : {
             Case{{-8, 0.5, true}, -8},   // loud: softer, whatever its peaks
             Case{{-20, -10, true}, 4},   // soft with room above: louder
             Case{{-20, -2, true}, 1},    // as far as its peak allows
             Case{{-20, 0.3, true}, 0},   // not at all
             Case{{-60, -50, true}, 12},  // a whisper stays one
             Case{{-20, -10, false}, 0},  // louder peaks may come
             Case{{-10, -1, false}, -6},
         }) {
        EXPECT_DOUBLE_EQ(gain_of(loudness), gain) << loudness.integrated_lufs << " LUFS, " << loudness.true_peak_dbtp << " dBTP";
    }
}

}  // namespace
}  // namespace musicspace::transcoder
