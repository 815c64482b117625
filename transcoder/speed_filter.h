#pragma once
// Plays PCM faster or slower with its pitch kept: FFmpeg's atempo. Owned by one pipeline lane, used on its thread.

#include <span>
#include <vector>

#include "transcoder/av_handles.h"
#include "transcoder/media_time.h"

namespace musicspace::transcoder {

class SpeedFilter {
public:
    /// `speed`: kSlowest to kFastest, not kNormalSpeed. Throws TranscodeFailure.
    explicit SpeedFilter(SpeedPercent speed);

    /// `pcm`: interleaved stereo at 48 kHz; appends what comes out of it to `out`.
    void write(std::span<const float> pcm, std::vector<float>& out);
    /// No more comes in: appends the rest.
    void finish(std::vector<float>& out);

private:
    void drain(std::vector<float>& out);

    AvPtr<AVFilterGraph> graph_;
    AvPtr<AVFrame> frame_;
    AVFilterContext* source_ = nullptr;  // both owned by graph_
    AVFilterContext* sink_ = nullptr;
    std::int64_t written_ = 0;
};

}  // namespace musicspace::transcoder
