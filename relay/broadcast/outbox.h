#pragma once
// What waits to be sent to one listener. Owned by its session; filled by the Room, emptied by the session's writer, all on the
// I/O thread. Bounded: a slow line costs the listener packets, never the server memory.
// Order out: time answers first (they must not wait behind audio), then texts, then audio.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "relay/broadcast/frame.h"

namespace musicspace::relay {

using TextPtr = std::shared_ptr<const std::string>;

struct TimeAnswer {
    std::int64_t client_sent = 0;  ///< the client's own stamp, handed back as it came
    ServerTime received;
};

struct OutboxLimits {
    std::size_t audio_bytes = 256U << 10U;  ///< about 20 s at 96 kbit/s
    std::size_t texts = 64;
    std::size_t times = 16;
};

class Outbox {
public:
    using Message = std::variant<TimeAnswer, TextPtr, FramePtr>;

    /// `wake` is called when a message waits.
    explicit Outbox(std::function<void()> wake, OutboxLimits limits = {}) : limits_(limits), wake_(std::move(wake)) {}

    /// Beyond the limit the oldest waiting frames go: what is late anyway.
    void push(const FramePtr& frame);
    /// A room's state is whole in itself: a newer one takes the place of one that still waits.
    void push_state(const TextPtr& state);
    /// The listeners' sync: a newer one takes the place of one that still waits.
    void push_sync(const TextPtr& sync);
    /// False when the listener takes nothing any more; the session ends then.
    [[nodiscard]] bool push_reply(const TextPtr& reply);
    void push_time(const TimeAnswer& answer);
    /// Frames of epochs before `epoch` will not be played; they are not sent either.
    void drop_before(std::uint32_t epoch);

    [[nodiscard]] std::optional<Message> pop();
    [[nodiscard]] std::uint64_t dropped_frames() const { return dropped_; }

private:
    const OutboxLimits limits_;
    const std::function<void()> wake_;
    std::deque<TimeAnswer> times_;
    std::deque<TextPtr> replies_;
    TextPtr state_;
    TextPtr sync_;
    std::deque<FramePtr> frames_;
    std::size_t audio_bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace musicspace::relay
