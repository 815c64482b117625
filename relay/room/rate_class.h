#pragma once
// The cost of a command, in units of which addresses and rooms have so many. It is decided before anything of the room is copied or
// serialised.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/room/room_state.h"

namespace musicspace::relay {

enum class RateClass {
    light,  ///< changes a value
    talk,   ///< goes to everybody; each member has a limit of its own besides
    link,   ///< opens a link; so it has
    queue,  ///< writes the queue anew, as long as it is
};

/// How long the queue is in JSON, about.
[[nodiscard]] std::size_t text_bytes(const std::vector<QueueItem>& queue);

[[nodiscard]] RateClass rate_class_of(const Command& command);

/// `queue_bytes`: text_bytes() of the room's queue.
[[nodiscard]] constexpr std::uint64_t cost_of(RateClass rate_class, std::size_t queue_bytes) {
    constexpr std::uint64_t kBytesPerUnit = 4'096;  // a unit: some ten microseconds of the I/O thread
    switch (rate_class) {
        case RateClass::light:
        case RateClass::talk:
            return 1;
        case RateClass::link:
        case RateClass::queue:
            return 2 + queue_bytes / kBytesPerUnit;
    }
    return 1;
}

}  // namespace musicspace::relay
