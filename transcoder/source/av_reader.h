#pragma once
// A Source as FFmpeg reads it. A Source's failure is kept and thrown again outside of FFmpeg's C frames.

#include <exception>
#include <memory>

#include "transcoder/av_handles.h"
#include "transcoder/demux_guard.h"
#include "transcoder/source/source.h"

namespace musicspace::transcoder {

class AvReader {
public:
    /// `url`: of the file. `nested`: a playlist named it. `guard` outlives this.
    AvReader(std::unique_ptr<Source> source, DemuxGuard& guard, std::string url, bool nested);
    AvReader(const AvReader&) = delete;
    AvReader& operator=(const AvReader&) = delete;

    [[nodiscard]] AVIOContext* context() { return context_.get(); }
    /// Throws what the Source threw since the last call, if anything.
    void rethrow();

private:
    void look_into(std::span<const std::uint8_t> bytes);
    static int read(void* self, std::uint8_t* into, int size);
    static std::int64_t seek(void* self, std::int64_t offset, int whence);

    std::unique_ptr<Source> source_;
    DemuxGuard& guard_;
    const std::string url_;
    const bool nested_;
    PlaylistWatch playlist_;
    Mp4Claims claims_;
    AvPtr<AVIOContext> context_;
    std::int64_t position_ = 0;
    std::exception_ptr failure_;
};

}  // namespace musicspace::transcoder
