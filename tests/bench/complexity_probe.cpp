// What each complexity of the Opus encoder costs and gives, for tests/bench/complexity.ts: prints a JSON object for each tier and
// complexity. complexity_probe FILE
// Quality is the noise-to-mask ratio (Brandenburg 1987; here with 24 Bark bands, a mask that falls 27 dB a Bark towards lower and
// 10 dB a Bark towards higher bands, 16 dB below the signal): lower is better, below 0 dB the noise is hidden on average.

#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdio>
#include <ctime>
#include <memory>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/tx.h>
}

#include "transcoder/decoder.h"
#include "transcoder/demuxer.h"
#include "transcoder/opus_encoder.h"
#include "transcoder/tier.h"

namespace musicspace::transcoder {
namespace {

constexpr std::size_t kWindow = 2048;
constexpr std::size_t kBins = kWindow / 2 + 1;
constexpr std::size_t kBands = 24;
using Bands = std::array<double, kBands>;

std::vector<float> decoded(const std::string& path) {
    Track track;
    track.file = path;
    const auto media = std::make_shared<const Media>(track, AddressPolicy::public_only, nullptr);
    Decoder decoder(std::make_unique<Demuxer>(media, std::stop_token()), MediaTime{});
    std::vector<float> pcm;
    while (decoder.read(pcm)) {
    }
    return pcm;
}

double thread_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Encoded {
    std::vector<float> heard;  ///< aligned with what was encoded
    double cpu_seconds = 0;    ///< of the encoder alone
};

Encoded encoded(std::span<const float> pcm, Tier tier, int complexity) {
    PacketEncoder encoder(bits_per_second(tier), complexity);
    int error = 0;
    const std::unique_ptr<OpusDecoder, void (*)(OpusDecoder*)> decoder(opus_decoder_create(kSampleRate, kChannels, &error),
                                                                       &opus_decoder_destroy);
    if (error != OPUS_OK) throw std::runtime_error("no decoder");
    constexpr std::size_t kBlock = kPacketSamples * kChannels;
    Encoded result;
    std::array<float, kBlock> block{};
    for (std::size_t at = 0; at + kBlock <= pcm.size(); at += kBlock) {
        const double before = thread_seconds();
        const auto packet = encoder.encode(pcm.subspan(at, kBlock));
        result.cpu_seconds += thread_seconds() - before;
        const auto size = static_cast<opus_int32>(packet.size());
        if (opus_decode_float(decoder.get(), packet.data(), size, block.data(), kPacketSamples, 0) != kPacketSamples) {
            throw std::runtime_error("a packet does not decode");
        }
        result.heard.insert(result.heard.end(), block.begin(), block.end());
    }
    result.heard.erase(result.heard.begin(), result.heard.begin() + kEncoderLookahead.count() * kChannels);
    return result;
}

class Spectrum {
public:
    Spectrum() {
        const float scale = 1.0F;
        if (av_tx_init(&context_, &transform_, AV_TX_FLOAT_FFT, 0, kWindow, &scale, 0) < 0) throw std::runtime_error("no transform");
        for (std::size_t i = 0; i < kBins; ++i) {
            const double hertz = static_cast<double>(i) * kSampleRate / kWindow;
            const double bark = 13 * std::atan(0.00076 * hertz) + 3.5 * std::atan(std::pow(hertz / 7500, 2));
            band_of_[i] = std::min(kBands - 1, static_cast<std::size_t>(bark));
        }
    }
    ~Spectrum() { av_tx_uninit(&context_); }
    Spectrum(const Spectrum&) = delete;
    Spectrum& operator=(const Spectrum&) = delete;

    Bands of(std::span<const float> mono) {
        for (std::size_t i = 0; i < kWindow; ++i) {
            const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / kWindow);
            in_[i] = static_cast<float>(window) * mono[i];
        }
        transform_(context_, out_.data(), in_.data(), sizeof(std::complex<float>));
        Bands bands{};
        for (std::size_t i = 0; i < kBins; ++i) bands[band_of_[i]] += static_cast<double>(std::norm(out_[i]));
        return bands;
    }

private:
    AVTXContext* context_ = nullptr;
    av_tx_fn transform_ = nullptr;
    std::array<std::size_t, kBins> band_of_{};
    alignas(64) std::array<std::complex<float>, kWindow> in_{};
    alignas(64) std::array<std::complex<float>, kWindow> out_{};
};

Bands mask_of(const Bands& signal) {
    Bands mask{};
    for (std::size_t band = 0; band < kBands; ++band) {
        for (std::size_t masker = 0; masker < kBands; ++masker) {
            const double distance = static_cast<double>(band) - static_cast<double>(masker);
            const double fall = distance >= 0 ? 10 * distance : -27 * distance;
            mask[band] += signal[masker] * std::pow(10.0, -(fall + 16) / 10);
        }
    }
    return mask;
}

/// In dB, over all windows that are not silent and bands up to 15 kHz.
double noise_to_mask(std::span<const float> original, std::span<const float> heard) {
    constexpr std::size_t kHeardBands = 23;
    constexpr double kSilence = 1e-4;
    Spectrum spectrum;
    double sum = 0;
    double count = 0;
    std::vector<float> signal(kWindow);
    std::vector<float> noise(kWindow);
    const std::size_t frames = std::min(original.size(), heard.size()) / kChannels;
    for (std::size_t at = 0; at + kWindow <= frames; at += kWindow / 2) {
        for (const std::size_t channel : {0U, 1U}) {
            for (std::size_t i = 0; i < kWindow; ++i) {
                const std::size_t sample = (at + i) * kChannels + channel;
                signal[i] = original[sample];
                noise[i] = original[sample] - heard[sample];
            }
            const Bands mask = mask_of(spectrum.of(signal));
            const Bands error = spectrum.of(noise);
            for (std::size_t band = 0; band < kHeardBands; ++band) {
                if (mask[band] < kSilence) continue;
                sum += std::log10(std::max(error[band], 1e-12) / mask[band]);
                count += 1;
            }
        }
    }
    return 10 * sum / count;
}

}  // namespace
}  // namespace musicspace::transcoder

int main(int argc, char** argv) {
    using namespace musicspace::transcoder;
    if (argc != 2) return 2;
    const auto pcm = decoded(argv[1]);
    const double seconds = static_cast<double>(pcm.size()) / static_cast<double>(musicspace::kSampleRate * musicspace::kChannels);
    for (const Tier tier : kAllTiers) {
        for (int complexity = 0; complexity <= 10; ++complexity) {
            const Encoded result = encoded(pcm, tier, complexity);
            std::printf("{\"bench\":\"complexity\",\"kbps\":%d,\"complexity\":%d,\"cpuMsPerMinute\":%.1f,\"noiseToMaskDb\":%.2f}\n",
                        bits_per_second(tier) / 1000, complexity, result.cpu_seconds * 60'000 / seconds, noise_to_mask(pcm, result.heard));
        }
    }
    return 0;
}
