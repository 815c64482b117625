#include "transcoder/opus_encoder.h"

#include <opus/opus.h>

#include <array>
#include <string>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

constexpr std::size_t kMaxPacketBytes = 1275 * 3;  // RFC 6716: what one 20 ms packet can need at most, with room to spare

void check(int code) {
    if (code < 0) throw TranscodeFailure(Fault::internal, std::string("The Opus encoder failed: ") + opus_strerror(code));
}

}  // namespace

void PacketEncoder::Destroy::operator()(OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }

PacketEncoder::PacketEncoder(int bits_per_second, int complexity) {
    int error = 0;
    encoder_.reset(opus_encoder_create(static_cast<int>(kSampleRate), kChannels, OPUS_APPLICATION_AUDIO, &error));
    check(error);
    check(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bits_per_second)));
    check(opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(complexity)));
    check(opus_encoder_ctl(encoder_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC)));
    opus_int32 lookahead = 0;
    check(opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&lookahead)));
    if (MediaDuration{lookahead} != kEncoderLookahead) throw TranscodeFailure(Fault::internal, "This libopus has an unknown delay.");
}

std::vector<std::uint8_t> PacketEncoder::encode(std::span<const float> pcm) {
    std::array<std::uint8_t, kMaxPacketBytes> bytes{};
    const opus_int32 size = opus_encode_float(encoder_.get(), pcm.data(), static_cast<int>(kPacketSamples), bytes.data(), bytes.size());
    check(size);
    return {bytes.begin(), bytes.begin() + size};
}

}  // namespace musicspace::transcoder
