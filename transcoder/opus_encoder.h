#pragma once
// PCM -> Opus packets of 20 ms at one bit rate. Owned by one pipeline, used on its thread.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "transcoder/media_time.h"

struct OpusEncoder;

namespace musicspace::transcoder {

class PacketEncoder {
public:
    explicit PacketEncoder(int bits_per_second);

    /// `pcm`: kPacketSamples * kChannels interleaved floats in [-1, 1] (beyond is clipped). Throws TranscodeFailure.
    [[nodiscard]] std::vector<std::uint8_t> encode(std::span<const float> pcm);

    /// How much later than its input the decoder's output comes.
    [[nodiscard]] MediaDuration lookahead() const { return lookahead_; }

private:
    struct Destroy {
        void operator()(OpusEncoder* encoder) const;
    };
    std::unique_ptr<OpusEncoder, Destroy> encoder_;
    MediaDuration lookahead_{0};
};

}  // namespace musicspace::transcoder
