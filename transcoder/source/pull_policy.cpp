#include "transcoder/source/pull_policy.h"

#include <algorithm>

namespace musicspace::transcoder {

namespace {

using Kind = TransferFailure::Kind;
using std::chrono::milliseconds;

constexpr int kTriesAtFirst = 3;
constexpr int kTriesLater = 6;
constexpr int kTriesWhileAway = 8;  // a site that restarts, a network that comes back
constexpr int kTriesBeforeAsking = 2;
constexpr int kResolves = 2;
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{8'000};
constexpr milliseconds kLongestAsked{30'000};  // what a site's Retry-After may make a room wait

Pull pull_from(std::int64_t from, const ByteRanges& have) { return {from, have.next_run(from)}; }

milliseconds pause_after(const TransferFailure& failure, const PullHistory& history) {
    // The first try again follows at once: most breaks are one connection's.
    if (failure.kind != Kind::busy && history.fruitless <= 1) return milliseconds{0};
    if (failure.retry_after) return std::min<milliseconds>(*failure.retry_after, kLongestAsked);
    return std::min(kLongestPause, kFirstPause * (1 << std::min(history.fruitless, 10)));
}

int tries_for(Kind kind, bool any_bytes) {
    if (!any_bytes) return kind == Kind::stalled ? 1 : kTriesAtFirst;
    return kind == Kind::unreachable || kind == Kind::busy ? kTriesWhileAway : kTriesLater;
}

}  // namespace

std::optional<Pull> next_pull(const PullSituation& it, const SpoolLimits& limits) {
    const auto missing_at = [&it](std::int64_t at) -> std::optional<std::int64_t> {
        const std::int64_t from = it.have.end_of_run(at);
        return it.size && from >= *it.size ? std::nullopt : std::optional(from);
    };
    if (it.waited_for) {
        if (const auto from = missing_at(*it.waited_for)) return pull_from(*from, it.have);
    }
    const auto from = missing_at(it.reader_at);
    if (from && *from - it.reader_at < limits.ahead && it.have.total() < limits.bytes) return pull_from(*from, it.have);
    // Holes are filled only where all of the file may be kept.
    if (!it.size || *it.size > limits.bytes || *it.size > limits.ahead) return std::nullopt;
    if (const auto hole = missing_at(0)) return pull_from(*hole, it.have);
    return std::nullopt;
}

std::optional<Pull> next_discard(const PullSituation& it, const SpoolLimits& limits) {
    const std::int64_t surplus = it.have.total() - limits.bytes;
    if (surplus <= 0) return std::nullopt;
    // Who waits is where that reader is, wherever the last byte was read.
    const std::int64_t reader_at = it.waited_for.value_or(it.reader_at);
    const std::int64_t front = *it.have.front();
    const std::int64_t keep_from = reader_at - limits.behind;
    if (front < keep_from) return Pull{front, std::min(it.have.end_of_run(front), std::min(keep_from, front + surplus))};
    // Nothing behind: what lies beyond the reader's own run was pulled for a reader who has gone elsewhere.
    const auto beyond = it.have.next_run(it.have.end_of_run(reader_at) + 1);
    if (!beyond) return std::nullopt;
    return Pull{*beyond, std::min(it.have.end_of_run(*beyond), *beyond + surplus)};
}

Recovery recovery_after(const TransferFailure& failure, const PullHistory& history) {
    if (failure.kind == Kind::forbidden || failure.kind == Kind::refused) return {Recovery::Way::give_up};
    if (failure.kind == Kind::gone) {
        // Media addresses expire; the link behind them may still be good.
        if (history.resolved >= kResolves) return {Recovery::Way::give_up};
        return {Recovery::Way::resolve_again, history.resolved == 0 ? milliseconds{0} : kFirstPause * 4};
    }
    if (history.fruitless >= tries_for(failure.kind, history.any_bytes)) return {Recovery::Way::give_up};
    // A name that is no longer known, a host that is gone: sites move their media, and their links lead to where it is now.
    const bool may_have_moved = failure.kind == Kind::unreachable && history.any_bytes && history.fruitless % kTriesBeforeAsking == 0;
    if (may_have_moved && history.resolved < kResolves) return {Recovery::Way::resolve_again, pause_after(failure, history)};
    return {Recovery::Way::again, pause_after(failure, history)};
}

}  // namespace musicspace::transcoder
