#pragma once
// What an MP4 file claims to hold, read from its bytes as they pass on their way to FFmpeg, which makes an entry of memory for each
// sample that a table announces before it reads the table: some bytes of a file can claim gigabytes. A value for one reading of one
// file; pure. It looks for the tables' names anywhere, not at the file's structure, so that no nesting hides one.

#include <cstdint>
#include <set>
#include <span>

namespace musicspace::transcoder {

class Mp4Claims {
public:
    /// `offset`: where in the file the bytes lie. Bytes that were seen before count once.
    void feed(std::span<const std::uint8_t> bytes, std::int64_t offset);

    [[nodiscard]] std::int64_t samples() const { return samples_; }
    [[nodiscard]] int tracks() const { return tracks_; }
    /// Fragments may follow, whose samples are not counted yet.
    [[nodiscard]] bool fragmented() const { return fragmented_; }
    /// Its tables are packed, so that nothing can be said of them.
    [[nodiscard]] bool packed() const { return packed_; }

private:
    void look(std::int64_t offset);
    [[nodiscard]] bool first_seen(std::int64_t offset);

    std::uint64_t older_ = 0;      ///< the last 16 bytes but 8
    std::uint64_t newer_ = 0;      ///< the last 8 bytes
    std::int64_t next_ = -1;       ///< offset of the byte that comes next
    std::set<std::int64_t> seen_;  ///< offsets of the names that have been counted
    std::int64_t samples_ = 0;
    int tracks_ = 0;
    bool fragmented_ = false;
    bool packed_ = false;
};

}  // namespace musicspace::transcoder
