#include "transcoder/source/playlist_watch.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace musicspace::transcoder {

namespace {

constexpr std::string_view kFirstLine = "#EXTM3U";
constexpr std::size_t kKeptOfLine = 32;
// FFmpeg's structures for a segment, and for a playlist, which has two URLs of 4 KB inside.
constexpr std::size_t kSegmentBytes = 160;
constexpr std::size_t kPlaylistBytes = 12'288;
constexpr std::size_t kLongestUrl = 4'096;  // FFmpeg cuts longer ones

}  // namespace

void PlaylistWatch::feed(std::span<const std::uint8_t> bytes) {
    if (kind_ == Kind::other) return;
    for (const std::uint8_t byte : bytes) {
        if (byte == '\n' || byte == '\r' || byte == 0) {  // as FFmpeg ends lines
            take_line();
            if (kind_ == Kind::other) return;
            continue;
        }
        if (line_.size() < kKeptOfLine) line_.push_back(static_cast<char>(byte));
        ++line_bytes_;
        if (kind_ == Kind::unknown && line_.size() <= kFirstLine.size() && line_ != kFirstLine.substr(0, line_.size())) {
            kind_ = Kind::other;
            return;
        }
    }
}

void PlaylistWatch::take_line() {
    const std::size_t bytes = std::min(line_bytes_, kLongestUrl);
    const std::string line = std::exchange(line_, {});
    line_bytes_ = 0;
    if (line.empty()) return;
    if (kind_ == Kind::unknown) {
        kind_ = line.starts_with(kFirstLine) ? Kind::playlist : Kind::other;
    } else if (line.starts_with("#EXT-X-STREAM-INF") || line.starts_with("#EXT-X-MEDIA:") ||
               line.starts_with("#EXT-X-I-FRAME-STREAM-INF")) {
        is_master_ = true;
        memory_ += static_cast<std::int64_t>(kPlaylistBytes);
    } else if (line.starts_with("#EXT-X-KEY")) {
        key_bytes_ = std::min(base_bytes_ + bytes, kLongestUrl);
    } else if (line.starts_with("#EXT-X-MAP")) {
        lasting_memory_ += static_cast<std::int64_t>(kSegmentBytes + std::min(base_bytes_ + bytes, kLongestUrl) + key_bytes_);
    } else if (line.front() != '#') {
        memory_ += static_cast<std::int64_t>(kSegmentBytes + std::min(base_bytes_ + bytes, kLongestUrl) + key_bytes_);
    }
}

}  // namespace musicspace::transcoder
