#include "transcoder/opus_passage.h"

#include <opus/opus.h>

#include <algorithm>
#include <utility>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

// RFC 7845 section 5.1: OpusHead.
constexpr int kHeadBytes = 19;
constexpr int kGainOffset = 16;
constexpr int kMappingOffset = 18;
constexpr MediaDuration kLongestHole{kSampleRate * 10};

std::uint32_t little_endian32(const std::uint8_t* bytes) {
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8U | static_cast<std::uint32_t>(bytes[2]) << 16U |
           static_cast<std::uint32_t>(bytes[3]) << 24U;
}

// Samples that the container says are to be cut off the packet's end.
std::int64_t discarded_at_end(const AVPacket& packet) {
    std::size_t size = 0;
    const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_SKIP_SAMPLES, &size);
    return data != nullptr && size >= 10 ? std::min<std::int64_t>(little_endian32(data + 4), kPacketSamples) : 0;
}

}  // namespace

std::optional<MediaDuration> OpusPassage::lead_of(const AVStream& stream) {
    const AVCodecParameters& codec = *stream.codecpar;
    if (codec.codec_id != AV_CODEC_ID_OPUS || codec.extradata_size < kHeadBytes || codec.ch_layout.nb_channels > kChannels) {
        return std::nullopt;
    }
    const std::uint8_t* head = codec.extradata;
    if (head[kGainOffset] != 0 || head[kGainOffset + 1] != 0 || head[kMappingOffset] != 0) return std::nullopt;
    return MediaDuration{codec.initial_padding};
}

OpusPassage::OpusPassage(std::unique_ptr<Demuxer> demuxer, MediaTime start)
    : demuxer_(std::move(demuxer)), lead_(lead_of(demuxer_->stream()).value_or(MediaDuration{0})), start_(start) {
    const AVPacket* first = demuxer_->next();
    if (first == nullptr) throw TranscodeFailure(Fault::no_audio, "There is no sound in what this link leads to.");
    const std::int64_t first_pts = first->pts == AV_NOPTS_VALUE ? 0 : first->pts;
    // Position 0 lies `lead_` behind the first packet's start.
    origin_ = av_sat_add64(first_pts, av_rescale_q(lead_.count(), {1, static_cast<int>(kSampleRate)}, demuxer_->stream().time_base));
    if (start <= MediaTime{}) {
        pending_first_ = first;
    } else {
        demuxer_->seek(std::max(MediaTime{}, start - kPacketDuration * 2), origin_);
    }
}

std::optional<Packet> OpusPassage::next() {
    while (!held_) {
        const AVPacket* read = pending_first_ != nullptr ? std::exchange(pending_first_, nullptr) : demuxer_->next();
        if (read == nullptr) return std::nullopt;
        if (opus_packet_get_nb_samples(read->data, read->size, static_cast<opus_int32>(kSampleRate)) != kPacketSamples) {
            throw TranscodeFailure(Fault::unsupported, "This track's packets are not 20 ms long.");
        }
        MediaTime stamped = next_.value_or(start_);
        if (read->pts != AV_NOPTS_VALUE) stamped = on_packet_grid(demuxer_->position_of(read->pts, origin_), lead_) - jumped_;
        if (next_ && stamped - *next_ > kLongestHole) {
            jumped_ += stamped - *next_;  // no hole, but stamps that start anew
            stamped = *next_;
        }
        if (next_ ? stamped < *next_ : stamped + kPacketDuration <= start_) continue;  // before what is wanted, or repeated
        held_ = Packet{stamped, {read->data, read->data + read->size}, kPacketDuration};
        if (!next_) next_ = stamped;
        read_ += kPacketDuration;
        demuxer_->note_sound(read_);
        end_ = stamped + kPacketDuration - MediaDuration{discarded_at_end(*read)};
    }
    Packet packet;
    if (held_->position > *next_) {
        packet = {*next_, {lost_packet_}, kPacketDuration};
    } else {
        packet = std::move(*held_);
        packet.position = *next_;
        held_.reset();
        // The table of contents byte with frame count 1 and no frame behind it: lost (RFC 6716 section 3.2.1).
        lost_packet_ = static_cast<std::uint8_t>(packet.opus.front() & 0xfcU);
    }
    *next_ += kPacketDuration;
    return packet;
}

}  // namespace musicspace::transcoder
