#pragma once
// How many links each member may have opened within a minute. Owned by one Room, I/O thread; takes time as an argument.

#include <deque>
#include <map>

#include "relay/clock.h"
#include "relay/room/commands.h"

namespace musicspace::relay {

class LinkRate {
public:
    /// 0: as many as they like.
    explicit LinkRate(unsigned per_minute) : per_minute_(per_minute) {}

    /// True when `member` may open one more at `now`, which then counts.
    [[nodiscard]] bool take(MemberId member, ServerTime now) {
        if (per_minute_ == 0) return true;
        // Members come and go; only the last minute's matter.
        std::erase_if(opened_, [now](const auto& entry) { return entry.second.back() + kMinute <= now; });
        auto& times = opened_[member];
        while (!times.empty() && times.front() + kMinute <= now) times.pop_front();
        if (times.size() >= per_minute_) return false;
        times.push_back(now);
        return true;
    }

private:
    static constexpr std::chrono::seconds kMinute{60};
    const unsigned per_minute_;
    std::map<MemberId, std::deque<ServerTime>> opened_;  ///< each not empty, oldest first
};

}  // namespace musicspace::relay
