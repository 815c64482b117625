#pragma once
// A temporary file that has no name: it is gone when the server ends, however it ends. Reads and writes at offsets, from several
// threads at once (pread, pwrite).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace musicspace::transcoder {

inline constexpr const char* kDiskFull =
    "The server's disk is full, so that it cannot keep this track while it plays. Whoever hosts it has to make room in its data folder.";

class SpoolFile {
public:
    /// In `directory`. Throws TranscodeFailure.
    explicit SpoolFile(const std::string& directory);
    ~SpoolFile();
    SpoolFile(const SpoolFile&) = delete;
    SpoolFile& operator=(const SpoolFile&) = delete;

    /// Throws TranscodeFailure, with Fault::disk_full when there is no room.
    void write(std::int64_t offset, std::span<const std::uint8_t> bytes);
    /// Up to `into.size()` bytes that were written before. Throws TranscodeFailure.
    [[nodiscard]] std::size_t read(std::int64_t offset, std::span<std::uint8_t> into) const;
    /// Gives the space of [from, to) back to the disk.
    void discard(std::int64_t from, std::int64_t to);

private:
    int fd_ = -1;
};

}  // namespace musicspace::transcoder
