#pragma once
// The disk space that all spools share: how much of it each may take, so that together they keep to a limit, leave the disk some free
// space, and leave something for rooms that begin to play when others hold a lot. Owned by the transcoder; thread-safe.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace musicspace::transcoder {

struct DiskSpace {
    std::int64_t size = 0;
    std::int64_t free = 0;
};

/// Of the file system that holds `directory`; nothing when the system does not say. Blocks.
[[nodiscard]] std::optional<DiskSpace> disk_space(const std::string& directory);

/// Free space that spools never take: what is less, a gigabyte or a twentieth of the disk.
inline constexpr std::int64_t kMostKeptFree = std::int64_t{1} << 30U;
inline constexpr std::int64_t kKeptFreePart = 20;

/// A spool that holds more than this stops growing while the last quarter of the total is in use: that quarter is for the small ones.
inline constexpr std::int64_t kSmallSpool = std::int64_t{16} << 20U;

/// What a spool needs at least to begin.
inline constexpr std::int64_t kLeastSpool = std::int64_t{1} << 20U;

struct SpaceSituation {
    std::int64_t total = 0;  ///< limit of all spools together
    std::int64_t used = 0;   ///< by all of them
    std::optional<DiskSpace> disk{};
};

struct SpaceLeft {
    std::int64_t bytes = 0;     ///< that one spool may take yet; negative: all together hold so much too many
    bool disk_is_full = false;  ///< it is the disk that leaves no more, not the other spools
};

/// For a spool that holds `held` bytes. Pure.
[[nodiscard]] SpaceLeft space_left(const SpaceSituation& situation, std::int64_t held);

class SpoolSpace {
public:
    using AskDisk = std::function<std::optional<DiskSpace>()>;

    SpoolSpace(std::int64_t total, AskDisk ask_disk) : total_(total), ask_disk_(std::move(ask_disk)) {}

    [[nodiscard]] SpaceLeft left_for(std::int64_t held) const;
    /// Bytes that a spool has taken, or, negative, given back.
    void change(std::int64_t bytes);
    [[nodiscard]] std::int64_t used() const;

private:
    const std::int64_t total_;
    const AskDisk ask_disk_;
    mutable std::mutex mutex_;
    std::int64_t used_ = 0;
};

}  // namespace musicspace::transcoder
