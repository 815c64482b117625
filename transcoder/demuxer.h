#pragma once
// One opened container and its audio stream: packets as they lie in the file. Used on one pipeline thread.

#include <list>
#include <memory>
#include <stop_token>

#include "transcoder/av_handles.h"
#include "transcoder/demux_guard.h"
#include "transcoder/media.h"
#include "transcoder/source/av_reader.h"
#include "transcoder/stream_info.h"

namespace musicspace::transcoder {

/// Damaged packets in a row after which the rest is given up.
inline constexpr int kMaxDamagedInARow = 500;

class Demuxer {
public:
    /// Throws TranscodeFailure (no audio, unreadable, not found, cancelled...).
    Demuxer(std::shared_ptr<const Media> media, std::stop_token stop);
    Demuxer(const Demuxer&) = delete;
    Demuxer& operator=(const Demuxer&) = delete;

    [[nodiscard]] StreamInfo info() const;
    [[nodiscard]] const AVStream& stream() const { return *container_->streams[stream_]; }
    [[nodiscard]] const AVCodec& codec() const { return *codec_; }

    /// The stream's next packet, valid until the next call; nullptr at the end. Throws TranscodeFailure.
    [[nodiscard]] const AVPacket* next();

    /// The next packet is one at or shortly before `position`, counted from `origin` (stream time base). Throws TranscodeFailure.
    void seek(MediaTime position, std::int64_t origin);

    /// Position of a time stamp relative to `origin`, both in the stream's time base.
    [[nodiscard]] MediaTime position_of(std::int64_t pts, std::int64_t origin) const;

    /// Throws when asked to stop, or when the file goes beyond a limit. What a source has thrown may wait: packets before it may be there.
    void check();
    /// Throws the same, or what a source has thrown.
    void rethrow();

    /// How much has been decoded since it was opened: once it is enough the track counts as one that plays.
    void note_sound(MediaDuration sound) { guard_.note_sound(sound); }

private:
    static int open_nested(AVFormatContext* context, AVIOContext** io, const char* url, int flags, AVDictionary** options);
    static int close_nested(AVFormatContext* context, AVIOContext* io);
    static int interrupted(void* self);
    void open_container();

    const std::shared_ptr<const Media> media_;
    const std::stop_token stop_;
    DemuxGuard guard_;             ///< outlives readers_
    std::list<AvReader> readers_;  ///< the media itself and, for HLS, what its playlists name; outlive container_
    AvPtr<AVFormatContext> container_;
    AvPtr<AVPacket> packet_;
    const AVCodec* codec_ = nullptr;
    int stream_ = -1;
    int damaged_in_a_row_ = 0;
};

}  // namespace musicspace::transcoder
