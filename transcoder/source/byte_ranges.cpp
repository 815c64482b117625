#include "transcoder/source/byte_ranges.h"

#include <algorithm>
#include <iterator>

namespace musicspace::transcoder {

void ByteRanges::add(std::int64_t from, std::int64_t to) {
    if (from >= to) return;
    auto run = runs_.upper_bound(from);
    if (run != runs_.begin() && std::prev(run)->second >= from) --run;
    while (run != runs_.end() && run->first <= to) {
        from = std::min(from, run->first);
        to = std::max(to, run->second);
        total_ -= run->second - run->first;
        run = runs_.erase(run);
    }
    runs_.emplace(from, to);
    total_ += to - from;
}

void ByteRanges::remove(std::int64_t from, std::int64_t to) {
    if (from >= to) return;
    auto run = runs_.upper_bound(from);
    if (run != runs_.begin() && std::prev(run)->second > from) --run;
    while (run != runs_.end() && run->first < to) {
        const auto [first, last] = *run;
        total_ -= last - first;
        run = runs_.erase(run);
        if (first < from) {
            runs_.emplace(first, from);
            total_ += from - first;
        }
        if (last > to) {
            runs_.emplace(to, last);
            total_ += last - to;
        }
    }
}

void ByteRanges::clear() {
    runs_.clear();
    total_ = 0;
}

std::int64_t ByteRanges::end_of_run(std::int64_t at) const {
    const auto after = runs_.upper_bound(at);
    if (after == runs_.begin()) return at;
    return std::max(at, std::prev(after)->second);
}

std::optional<std::int64_t> ByteRanges::next_run(std::int64_t at) const {
    const auto run = runs_.lower_bound(at);
    return run == runs_.end() ? std::nullopt : std::optional(run->first);
}

std::optional<std::int64_t> ByteRanges::front() const { return next_run(INT64_MIN); }

}  // namespace musicspace::transcoder
