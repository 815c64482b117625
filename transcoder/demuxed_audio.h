#pragma once
// A Demuxer's packets, decoded frame by frame. Used by Decoder alone.

#include "transcoder/demuxer.h"

namespace musicspace::transcoder {

class DemuxedAudio {
public:
    /// `demuxer`: freshly opened. Throws TranscodeFailure.
    explicit DemuxedAudio(std::unique_ptr<Demuxer> demuxer);

    [[nodiscard]] const Demuxer& demuxer() const { return *demuxer_; }

    /// The next decoded frame, valid until the next call; nullptr at the end. Throws TranscodeFailure when cancelled.
    [[nodiscard]] const AVFrame* next_frame();

    /// The next frame is one at or shortly before `position`, counted from `origin` (stream time base).
    void seek(MediaTime position, std::int64_t origin);

private:
    bool feed_decoder();
    void check_rate() const;

    const std::unique_ptr<Demuxer> demuxer_;
    AvPtr<AVCodecContext> codec_;
    AvPtr<AVFrame> frame_;
    MediaDuration decoded_{0};
    bool draining_ = false;
    int damaged_packets_ = 0;
};

}  // namespace musicspace::transcoder
