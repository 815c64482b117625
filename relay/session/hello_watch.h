#pragma once
// Connections that have not said hello yet, and until when they may. One for all of them, I/O thread; time is an argument.

#include <chrono>
#include <deque>
#include <functional>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

class HelloWatch {
public:
    /// `overdue` is called once, ten seconds from now; by then the connection may have said hello, or be gone.
    void expect(std::function<void()> overdue) { expected_.emplace_back(ServerClock::now() + kPatience, std::move(overdue)); }

    void tick(ServerTime now) {
        while (!expected_.empty() && expected_.front().first <= now) {
            const auto overdue = std::move(expected_.front().second);
            expected_.pop_front();
            overdue();
        }
    }

private:
    static constexpr std::chrono::seconds kPatience{10};
    std::deque<std::pair<ServerTime, std::function<void()>>> expected_;
};

}  // namespace musicspace::relay
