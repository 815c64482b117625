#pragma once
// How long a room lives that nobody is in. Pure.

#include <chrono>
#include <cstdint>
#include <optional>

#include "relay/clock.h"

namespace musicspace::relay {

struct LifePolicy {
    std::chrono::seconds used_grace{86'400};  ///< of a room in which something was played, queued or said
    std::chrono::seconds unused_grace{60};
    /// The music goes on for so long when the last listener is gone: for those who come back at once, with sound still in their buffers.
    std::chrono::seconds suspend_after{15};
};

/// The facts that decide how long a room lives; kept in Postgres beside what is saved of it.
struct RoomLife {
    bool used = false;
    std::int64_t kept_by = 0;               ///< the account that keeps it; 0: none
    std::optional<ServerTime> empty_since;  ///< of connections; a command over HTTP moves it. Nothing while somebody is in it

    /// When it is to be removed, if nobody comes.
    [[nodiscard]] std::optional<ServerTime> over_at(const LifePolicy& policy) const {
        if (!empty_since || kept_by != 0) return std::nullopt;
        return *empty_since + (used ? policy.used_grace : policy.unused_grace);
    }
};

}  // namespace musicspace::relay
