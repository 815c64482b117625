#pragma once
// One opened container with its audio stream's decoder: FFmpeg's demux and decode loop, frame by frame. Used by Decoder alone.

#include <list>

#include "transcoder/decoder.h"
#include "transcoder/source/av_reader.h"

namespace musicspace::transcoder {

class DemuxedAudio {
public:
    DemuxedAudio(const Track& track, AddressPolicy addresses, std::stop_token stop);
    ~DemuxedAudio();
    DemuxedAudio(const DemuxedAudio&) = delete;
    DemuxedAudio& operator=(const DemuxedAudio&) = delete;

    [[nodiscard]] StreamInfo info() const;

    /// The next decoded frame, valid until the next call; nullptr at the end. Throws TranscodeFailure when cancelled.
    [[nodiscard]] const AVFrame* next_frame();

    /// The next frame is one at or shortly before `position`, counted from `origin` (stream time base).
    void seek(MediaTime position, std::int64_t origin);

    /// Position of a frame relative to `origin`, both in the stream's time base.
    [[nodiscard]] MediaTime position_of(std::int64_t pts, std::int64_t origin) const;

private:
    static int open_nested(AVFormatContext* context, AVIOContext** io, const char* url, int flags, AVDictionary** options);
    static int close_nested(AVFormatContext* context, AVIOContext* io);
    static int interrupted(void* self);
    void open_container();
    void open_decoder();
    bool feed_decoder();
    void rethrow();

    const Track track_;
    const AddressPolicy addresses_;
    const std::stop_token stop_;
    std::list<AvReader> readers_;  ///< the media itself and, for HLS, what its playlists name; outlive container_
    AvPtr<AVFormatContext> container_;
    AvPtr<AVCodecContext> codec_;
    AvPtr<AVPacket> packet_;
    AvPtr<AVFrame> frame_;
    int stream_ = -1;
    bool draining_ = false;
    int damaged_packets_ = 0;
};

}  // namespace musicspace::transcoder
