#pragma once
// What a spool pulls next, and what it does when pulling fails. Pure.

#include <chrono>
#include <cstdint>
#include <optional>

#include "transcoder/source/byte_ranges.h"
#include "transcoder/source/http_transfer.h"

namespace musicspace::transcoder {

struct SpoolLimits {
    std::int64_t bytes = std::int64_t{256} << 20U;  ///< on disk, per track
    std::int64_t ahead = std::int64_t{64} << 20U;   ///< beyond where the reader is
    std::int64_t behind = std::int64_t{4} << 20U;   ///< kept behind the reader when space runs out
};

struct PullSituation {
    const ByteRanges& have;
    std::optional<std::int64_t> size{};        ///< of the whole, once known
    std::optional<std::int64_t> waited_for{};  ///< a byte that a blocked reader wants
    std::int64_t reader_at = 0;                ///< behind the last byte that was read
};

struct Pull {
    std::int64_t from = 0;
    std::optional<std::int64_t> to;  ///< where known bytes begin again; nothing: to the end

    friend bool operator==(const Pull&, const Pull&) = default;
};

/// First what a reader waits for, then on from where it reads, then the holes. Nothing when all is here, or enough.
[[nodiscard]] std::optional<Pull> next_pull(const PullSituation& situation, const SpoolLimits& limits);

/// Which bytes to let go so that no more than the limit is kept: those far behind the reader first, then the ones furthest ahead.
[[nodiscard]] std::optional<Pull> next_discard(const PullSituation& situation, const SpoolLimits& limits);

struct PullHistory {
    int fruitless = 0;       ///< failures in a row without a byte in between
    int resolved = 0;        ///< of these, how often yt-dlp was asked anew
    bool any_bytes = false;  ///< the track has been heard of before
};

struct Recovery {
    enum class Way { again, resolve_again, give_up };
    Way way = Way::again;
    std::chrono::milliseconds after{0};
};

/// After `failure`, which `history` already counts. A link that never gave a byte is given up early: somebody waits for an answer.
[[nodiscard]] Recovery recovery_after(const TransferFailure& failure, const PullHistory& history);

}  // namespace musicspace::transcoder
