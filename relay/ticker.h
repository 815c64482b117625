#pragma once
// The pulse of the I/O thread: rooms are ticked together, on a grid of 50 ms, and only when one of them has something to do. A tick wakes
// the processor, which costs more than most of what is done in it.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "relay/clock.h"

namespace musicspace::relay {

class Ticker {
public:
    explicit Ticker(boost::asio::io_context& io) : timer_(io) {}

    /// `work` returns when it wants to be done again. From now on it is, until the I/O ends.
    void start(std::function<ServerTime(ServerTime)> work) {
        work_ = std::move(work);
        by(ServerTime{});
    }

    /// There is something to do at `time`; what is over means the next tick.
    void by(ServerTime time) {
        const ServerTime next(kTick * (std::max(time, ServerClock::now()).time_since_epoch() / kTick + 1));
        if (!work_ || (armed_ && *armed_ <= next)) return;
        armed_ = next;
        timer_.expires_at(std::chrono::steady_clock::time_point(next.time_since_epoch()));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) run();
        });
    }

private:
    static constexpr std::chrono::milliseconds kTick{50};
    void run() {
        armed_.reset();
        by(work_(ServerClock::now()));
    }

    boost::asio::steady_timer timer_;
    std::function<ServerTime(ServerTime)> work_;
    std::optional<ServerTime> armed_;
};

}  // namespace musicspace::relay
