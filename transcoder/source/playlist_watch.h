#pragma once
// Looks at the bytes of an HLS playlist as they pass on their way to FFmpeg, which keeps all that a playlist names in memory: what
// that will take, and whether a playlist that another one names names playlists itself. A value for one reading of one file; pure.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace musicspace::transcoder {

class PlaylistWatch {
public:
    /// `base_bytes`: length of the file's own URL, which FFmpeg puts before each relative one.
    explicit PlaylistWatch(std::size_t base_bytes) : base_bytes_(base_bytes) {}

    void feed(std::span<const std::uint8_t> bytes);

    [[nodiscard]] bool is_playlist() const { return kind_ == Kind::playlist; }
    /// It names other playlists.
    [[nodiscard]] bool is_master() const { return is_master_; }
    /// About how much memory FFmpeg takes for what it names, at most.
    [[nodiscard]] std::int64_t memory() const { return memory_; }
    /// The part that it keeps when it reads the playlist anew.
    [[nodiscard]] std::int64_t lasting_memory() const { return lasting_memory_; }

private:
    enum class Kind { unknown, playlist, other };
    void take_line();

    const std::size_t base_bytes_;
    Kind kind_ = Kind::unknown;
    std::string line_;  ///< its beginning
    std::size_t line_bytes_ = 0;
    std::size_t key_bytes_ = 0;  ///< of the key that is copied to each segment
    bool is_master_ = false;
    std::int64_t memory_ = 0;
    std::int64_t lasting_memory_ = 0;
};

}  // namespace musicspace::transcoder
