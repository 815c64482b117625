#pragma once
// What one demuxer may read, wait for and keep in memory, whatever its container claims. Owned by a Demuxer and used on its thread.
// Once a limit is broken it stays broken: everything that asks learns the same failure.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "transcoder/opening.h"
#include "transcoder/source/mp4_claims.h"
#include "transcoder/source/playlist_watch.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

/// Bytes until the first packet of sound: tags, pictures and tables are kept in memory.
inline constexpr std::int64_t kMostBytesBeforeSound = std::int64_t{24} << 20U;
/// The same of all files that playlists name: of each variant some is read, to learn what it is.
inline constexpr std::int64_t kMostNestedBytesBeforeSound = std::int64_t{64} << 20U;
/// Entries of a container's tables: 12 hours of AAC at 48 kHz have 2,025,000. FFmpeg takes 24 bytes and more for each.
inline constexpr std::int64_t kMostSamplesClaimed = 2'500'000;
/// Tracks in an MP4 file that comes in fragments, each of which may claim the above.
inline constexpr int kMostFragmentedTracks = 4;
/// Files that playlists name and that are opened before the first packet of sound; a master playlist's variants are all opened.
inline constexpr int kMostNestedBeforeSound = 100;
/// Requests for such files: so many at once, then so many a second.
inline constexpr double kNestedBurst = 60;
inline constexpr double kNestedPerSecond = 4;
/// Memory for what playlists name.
inline constexpr std::int64_t kMostPlaylistMemory = std::int64_t{32} << 20U;
/// One allocation of FFmpeg's, in the whole process.
inline constexpr std::size_t kLargestAllocation = std::size_t{64} << 20U;

class DemuxGuard {
public:
    using Clock = Opening::Clock;

    DemuxGuard(std::shared_ptr<Opening> opening, std::stop_token stop);

    /// When a read has to be given up; nothing once the track has sounded.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const { return opening_->deadline(); }
    /// A limit is broken, or it is time to give up.
    [[nodiscard]] bool broken() const;
    /// Throws TranscodeFailure when broken().
    void check();

    /// After each read; throw TranscodeFailure when that is too much.
    void take_bytes(std::size_t count, bool nested);
    /// `new_lasting`: PlaylistWatch::lasting_memory() since the call before.
    void take_playlist(const std::string& url, bool nested, const PlaylistWatch& playlist, std::int64_t new_lasting);
    /// `claims`: of one file so far, with `new_samples` since the call before.
    void take_claims(const Mp4Claims& claims, std::int64_t new_samples);
    /// True until the first packet: so long the above look into the bytes.
    [[nodiscard]] bool before_sound() const { return before_sound_; }

    /// Before a file that a playlist names is opened: waits for its turn. Throws TranscodeFailure.
    void await_turn();

    void note_packet() { before_sound_ = false; }
    void note_sound(MediaDuration sound) { opening_->note_sound(sound); }
    void note_end() { opening_->note_end(); }

private:
    [[noreturn]] void fail(Fault fault, const std::string& detail);

    const std::shared_ptr<Opening> opening_;
    const std::stop_token stop_;
    std::optional<TranscodeError> failure_;
    bool before_sound_ = true;
    std::int64_t bytes_ = 0;
    std::int64_t nested_bytes_ = 0;
    std::int64_t samples_claimed_ = 0;
    bool has_tables_ = false;
    int nested_ = 0;
    double turns_ = kNestedBurst;
    Clock::time_point turns_at_ = Clock::now();
    std::int64_t lasting_playlist_memory_ = 0;
    std::map<std::string, std::int64_t> playlists_;  ///< URL -> memory, as read last
};

}  // namespace musicspace::transcoder
