#pragma once
// How much one client may send: a bucket of bytes that fills with time. A page sends some hundred bytes a second; whoever empties the
// bucket floods. Every piece costs something besides its bytes, so that a flood of tiny ones is one too. Value; takes time as an argument.

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "relay/clock.h"

namespace musicspace::relay {

class ReadBudget {
public:
    static constexpr std::size_t kBurst = 1U << 20U;            ///< bytes at once: some of the largest messages
    static constexpr std::size_t kBytesPerSecond = 64U << 10U;  ///< in the long run
    static constexpr std::size_t kPieceCost = 64;               ///< of each piece of a message, in bytes

    explicit ReadBudget(ServerTime now) : filled_at_(now) {}

    /// False when there is not so much left; it counts all the same, until nothing is left.
    [[nodiscard]] bool take(std::size_t bytes, ServerTime now) {
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_at_);
        if (passed.count() > 0) {
            const auto gained =
                static_cast<std::size_t>(std::min<std::int64_t>(passed.count(), kFillTime.count())) * kBytesPerSecond / 1000;
            left_ = std::min(left_ + gained, kBurst);
            filled_at_ += passed;
        }
        const bool enough = bytes <= left_;
        left_ -= std::min(bytes, left_);
        return enough;
    }

private:
    static constexpr std::chrono::milliseconds kFillTime{kBurst * 1000 / kBytesPerSecond};

    std::size_t left_ = kBurst;
    ServerTime filled_at_;
};

}  // namespace musicspace::relay
