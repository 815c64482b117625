#include "transcoder/source/spool_space.h"

#include <sys/statvfs.h>

#include <algorithm>

namespace musicspace::transcoder {

std::optional<DiskSpace> disk_space(const std::string& directory) {
    struct statvfs status{};
    if (::statvfs(directory.c_str(), &status) != 0) return std::nullopt;
    const auto bytes = [&status](fsblkcnt_t blocks) { return static_cast<std::int64_t>(blocks * status.f_frsize); };
    return DiskSpace{bytes(status.f_blocks), bytes(status.f_bavail)};
}

SpaceLeft space_left(const SpaceSituation& it, std::int64_t held) {
    const std::int64_t share = it.total - it.used;
    SpaceLeft left{share, false};
    if (held >= kSmallSpool) left.bytes = std::min(share, std::max<std::int64_t>(0, share - it.total / 4));
    if (!it.disk) return left;
    const std::int64_t on_disk = it.disk->free - std::min(kMostKeptFree, it.disk->size / kKeptFreePart);
    if (on_disk < left.bytes) left = {std::min(left.bytes, std::max<std::int64_t>(0, on_disk)), true};
    return left;
}

SpaceLeft SpoolSpace::left_for(std::int64_t held) const {
    const auto disk = ask_disk_();
    const std::lock_guard lock(mutex_);
    return space_left({total_, used_, disk}, held);
}

void SpoolSpace::change(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    used_ += bytes;
}

std::int64_t SpoolSpace::used() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

}  // namespace musicspace::transcoder
