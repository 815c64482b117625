#pragma once
// How often each of many may do something within a time. I/O thread; takes time as an argument.

#include <chrono>
#include <deque>
#include <map>

#include "relay/clock.h"

namespace musicspace::relay {

template <typename Key>
class RateLimit {
public:
    /// `most` within `window`; 0: as often as they like.
    RateLimit(unsigned most, std::chrono::seconds window) : most_(most), window_(window) {}

    /// True when `key` may do it once more at `now`, which then counts.
    [[nodiscard]] bool take(const Key& key, ServerTime now) {
        if (most_ == 0) return true;
        // They come and go; only those of the window matter.
        std::erase_if(taken_, [&](const auto& entry) { return entry.second.back() + window_ <= now; });
        auto& times = taken_[key];
        while (!times.empty() && times.front() + window_ <= now) times.pop_front();
        if (times.size() >= most_) return false;
        times.push_back(now);
        return true;
    }

private:
    const unsigned most_;
    const std::chrono::seconds window_;
    std::map<Key, std::deque<ServerTime>> taken_;  ///< each not empty, oldest first
};

}  // namespace musicspace::relay
