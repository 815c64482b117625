#pragma once
// Server time: the machine's monotonic clock in microseconds. Everything but the shell (server, sessions, room directory) takes
// it as an argument.

#include <chrono>
#include <cstdint>

namespace musicspace::relay {

struct ServerClock {
    using duration = std::chrono::duration<std::int64_t, std::micro>;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<ServerClock>;
    static constexpr bool is_steady = true;
    static time_point now() {
        return time_point{std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch())};
    }
};

using ServerTime = ServerClock::time_point;

constexpr std::int64_t micros(ServerTime time) { return time.time_since_epoch().count(); }
constexpr ServerTime server_time(std::int64_t microseconds) { return ServerTime{ServerClock::duration{microseconds}}; }

}  // namespace musicspace::relay
