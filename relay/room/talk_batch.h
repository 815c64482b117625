#pragma once
// Chat lines and reactions on their way to a room's listeners: those of a moment go out as one piece of bytes, so that what is said costs
// the room by the time that passes and not by how many talk. Owned by one Room; I/O thread; pure: time is an argument.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "relay/broadcast/wire_message.h"
#include "relay/clock.h"

namespace musicspace::relay {

class TalkBatch {
public:
    static constexpr std::size_t kMostMessages = 60;   ///< of one batch; reactions beyond it are dropped
    static constexpr std::size_t kMostBytes = 32'768;  ///< of one batch; nobody reads more of a moment

    /// Appends a whole message. False when the batch is full: the message is dropped.
    [[nodiscard]] bool add(const WireMessage& message) {
        if (messages_ >= kMostMessages || batch_.bytes.size() + message.bytes.size() > kMostBytes) return false;
        batch_.bytes.insert(batch_.bytes.end(), message.bytes.begin(), message.bytes.end());
        ++messages_;
        return true;
    }
    /// When the batch is to go out; nothing while there is none.
    [[nodiscard]] std::optional<ServerTime> due() const { return messages_ > 0 ? std::optional(next_at_) : std::nullopt; }
    /// The batch. The next one goes out a pause later, which grows with the number of listeners: a second has so many sends.
    [[nodiscard]] WirePtr take(ServerTime now, std::size_t listeners) {
        constexpr std::chrono::microseconds kPerListener{50};  // 20,000 sends a second are some tenth of the I/O thread
        constexpr ServerClock::duration kLeast = std::chrono::milliseconds(50);
        next_at_ = now + std::max(kLeast, ServerClock::duration(kPerListener * listeners));
        messages_ = 0;
        return std::make_shared<WireMessage>(std::exchange(batch_, {}));
    }

private:
    WireMessage batch_;
    std::size_t messages_ = 0;
    ServerTime next_at_;
};

}  // namespace musicspace::relay
