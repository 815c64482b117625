#include "transcoder/demuxed_audio.h"

#include <string>

#include "transcoder/transcode_error.h"
#include "transcoder/wanted_formats.h"

namespace musicspace::transcoder {

namespace {

constexpr int kLowestRate = 4'000;
constexpr int kHighestRate = 768'000;
// Of all channels together, as FFmpeg counts them. The most that a common codec puts into one frame is a second (TTA).
constexpr std::int64_t kMostValuesInFrame = 1 << 20;

}  // namespace

DemuxedAudio::DemuxedAudio(std::unique_ptr<Demuxer> demuxer)
    : demuxer_(std::move(demuxer)), codec_(avcodec_alloc_context3(&demuxer_->codec())), frame_(av_frame_alloc()) {
    const AVStream& stream = demuxer_->stream();
    if (!codec_ || avcodec_parameters_to_context(codec_.get(), stream.codecpar) < 0) {
        throw TranscodeFailure(Fault::unreadable, "This track's sound format is not understood.");
    }
    codec_->pkt_timebase = stream.time_base;
    codec_->thread_count = 1;
    codec_->max_samples = kMostValuesInFrame;
    codec_->codec_whitelist = av_strdup(kWantedDecoders);
    if (avcodec_open2(codec_.get(), &demuxer_->codec(), nullptr) < 0) {
        throw TranscodeFailure(Fault::unreadable, "This track's sound format is not understood.");
    }
}

void DemuxedAudio::seek(MediaTime position, std::int64_t origin) {
    demuxer_->seek(position, origin);
    avcodec_flush_buffers(codec_.get());
    draining_ = false;
}

// Hands the decoder one more packet of the stream, or the end. False when even the end has been handed over.
bool DemuxedAudio::feed_decoder() {
    while (!draining_) {
        const AVPacket* packet = demuxer_->next();
        if (packet == nullptr) {
            draining_ = true;
            avcodec_send_packet(codec_.get(), nullptr);
            return true;
        }
        // A damaged packet costs its own 20 ms, not the track.
        if (avcodec_send_packet(codec_.get(), packet) >= 0) return true;
        if (++damaged_packets_ >= kMaxDamagedInARow) draining_ = true;
    }
    return false;
}

// At a rate beyond these some bytes of a file would become hours of sound, or megabytes an instant of it.
void DemuxedAudio::check_rate() const {
    if (frame_->sample_rate >= kLowestRate && frame_->sample_rate <= kHighestRate) return;
    throw TranscodeFailure(Fault::unreadable, "This track has " + std::to_string(frame_->sample_rate) +
                                                  " samples a second; this server plays tracks with " + std::to_string(kLowestRate) +
                                                  " to " + std::to_string(kHighestRate) + ".");
}

const AVFrame* DemuxedAudio::next_frame() {
    while (true) {
        const int result = avcodec_receive_frame(codec_.get(), frame_.get());
        if (result == 0) {
            damaged_packets_ = 0;
            check_rate();
            decoded_ += MediaDuration{av_rescale(frame_->nb_samples, kSampleRate, frame_->sample_rate)};
            demuxer_->note_sound(decoded_);
            return frame_.get();
        }
        if (result == AVERROR_EOF) return nullptr;
        demuxer_->check();
        if (result != AVERROR(EAGAIN) && ++damaged_packets_ >= kMaxDamagedInARow) return nullptr;
        if (!feed_decoder()) return nullptr;
    }
}

}  // namespace musicspace::transcoder
