#pragma once
// PCM -> Opus packets of 20 ms at one bit rate. Owned by one pipeline, used on its thread.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "transcoder/media_time.h"

struct OpusEncoder;

namespace musicspace::transcoder {

/// How much later than its input an encoder's output comes: libopus at 48 kHz, whatever the bit rate.
inline constexpr MediaDuration kEncoderLookahead{312};

/// Chosen in docs/adr/0007-opus-complexity.md.
inline constexpr int kComplexity = 7;

class PacketEncoder {
public:
    /// `complexity`: 0 to 10, CPU against quality. Throws TranscodeFailure.
    explicit PacketEncoder(int bits_per_second, int complexity = kComplexity);

    /// `pcm`: kPacketSamples * kChannels interleaved floats in [-1, 1] (beyond is clipped). Throws TranscodeFailure.
    [[nodiscard]] std::vector<std::uint8_t> encode(std::span<const float> pcm);

private:
    struct Destroy {
        void operator()(OpusEncoder* encoder) const;
    };
    std::unique_ptr<OpusEncoder, Destroy> encoder_;
};

}  // namespace musicspace::transcoder
