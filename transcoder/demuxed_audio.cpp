#include "transcoder/demuxed_audio.h"

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

DemuxedAudio::DemuxedAudio(std::unique_ptr<Demuxer> demuxer)
    : demuxer_(std::move(demuxer)), codec_(avcodec_alloc_context3(&demuxer_->codec())), frame_(av_frame_alloc()) {
    const AVStream& stream = demuxer_->stream();
    if (!codec_ || avcodec_parameters_to_context(codec_.get(), stream.codecpar) < 0) {
        throw TranscodeFailure(Fault::unreadable, "This track's sound format is not understood.");
    }
    codec_->pkt_timebase = stream.time_base;
    codec_->thread_count = 1;
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

const AVFrame* DemuxedAudio::next_frame() {
    while (true) {
        const int result = avcodec_receive_frame(codec_.get(), frame_.get());
        if (result == 0) {
            damaged_packets_ = 0;
            return frame_.get();
        }
        if (result == AVERROR_EOF) return nullptr;
        demuxer_->rethrow();
        if (result != AVERROR(EAGAIN) && ++damaged_packets_ >= kMaxDamagedInARow) return nullptr;
        if (!feed_decoder()) return nullptr;
    }
}

}  // namespace musicspace::transcoder
