#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

/// A clock that stands still until it is moved, and the actions that wait for their times on it.
class SimulatedTime {
public:
    [[nodiscard]] ServerTime now() const { return now_; }
    /// Runs `action` once the clock has moved on by `delay`; of two actions with the same time, the one that was added first.
    void after(ServerClock::duration delay, std::function<void()> action) { actions_.emplace(now_ + delay, std::move(action)); }
    /// Moves the clock to `end`, and runs all actions that are due by then, in the order of their times.
    void run_until(ServerTime end) {
        while (!actions_.empty() && actions_.begin()->first <= end) {
            auto next = actions_.extract(actions_.begin());
            now_ = std::max(now_, next.key());
            next.mapped()();
        }
        now_ = end;
    }

private:
    ServerTime now_ = server_time(1'000'000'000);
    std::multimap<ServerTime, std::function<void()>> actions_;
};

}  // namespace musicspace::relay
