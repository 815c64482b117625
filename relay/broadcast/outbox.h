#pragma once
// What waits to be sent to one listener. Owned by its WebSocket; filled by Session and Room, emptied by the Sender, all on the I/O
// thread. Bounded: audio is only offered to a line that has taken all that came before, and everything else has limits.
// Order out: time answers first (they must not wait behind audio), then texts, then audio; a message that has begun is finished.

#include <sys/types.h>
#include <sys/uio.h>

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "relay/broadcast/frame.h"

namespace musicspace::relay {

class Sender;

struct TimeAnswer {
    std::int64_t client_sent = 0;  ///< the client's own stamp, handed back as it came
    ServerTime received;
};

[[nodiscard]] std::vector<std::uint8_t> time_answer_bytes(const TimeAnswer& answer, ServerTime sent);

struct OutboxLimits {
    std::size_t texts = 64;
    std::size_t talk = 32;
    std::size_t times = 16;
};

class alignas(64) Outbox {
public:
    struct Events {
        std::function<void()> full;     ///< the line takes nothing now; call resume() when it does again
        std::function<void()> drained;  ///< ready() again, after tell_when_drained()
        std::function<void()> broken;   ///< nothing can be sent any more
    };

    /// `socket`: non-blocking; what the Sender writes to.
    Outbox(int socket, Sender& sender, Events events, OutboxLimits limits = {})
        : socket_(socket), sender_(sender), limits_(limits), events_(std::move(events)) {}
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Only of a ready one. They go out with the Sender's next round, after what else waits.
    void offer(std::span<const FramePtr> frames);
    /// Nothing is queued that the line has not taken.
    [[nodiscard]] bool ready() const { return !broken_ && !full_ && queue_.empty(); }

    void tell_when_drained() { tells_drained_ = true; }

    /// A room's state is whole in itself: a newer one takes the place of one that still waits.
    void push_state(const WirePtr& state);
    /// The room's queue, as whole as its state.
    void push_queue(const WirePtr& queue);
    /// How many listen.
    void push_count(const WirePtr& count);
    /// The listeners' sync: a newer one takes the place of one that still waits.
    void push_sync(const WirePtr& sync);
    /// False when the listener takes nothing any more; its session ends then.
    [[nodiscard]] bool push_reply(const WirePtr& reply);
    /// What others say: apart from the listener's own replies, so that a lively chat never ends the connection of one that is slow.
    /// Beyond the limit the oldest goes; the number of those that went is returned.
    [[nodiscard]] std::size_t push_talk(const WirePtr& talk);
    /// Bytes of the WebSocket's own: its handshake, pongs, the close, after which nothing may come. False as above.
    [[nodiscard]] bool push_own(const WirePtr& bytes);
    void push_time(const TimeAnswer& answer);
    /// Frames of other epochs than these two (0: none) will not be played; they are not sent either.
    void drop_frames_except(std::uint32_t current, std::uint32_t upcoming);
    /// From now on only the WebSocket's own bytes are taken, the close, and go out last.
    void finish();
    /// The line takes bytes again.
    void resume();
    /// The socket is about to be closed, and its number may be another's next: nothing is sent any more.
    void abandon();

    struct LineInfo {
        std::int64_t acked_bytes = 0;        ///< in all
        std::int64_t unacked_bytes = 0;      ///< that the socket has taken and the other side has not acknowledged
        ServerClock::duration round_trip{};  ///< the shortest
    };
    /// As TCP sees it. Of a socket that is broken nothing is asked: its number may be another's by now.
    [[nodiscard]] LineInfo line_info() const;

    // For the Sender.
    /// What to send now, at most parts.size() pieces; 0 when there is nothing, or the line is full. `now` stamps time answers.
    [[nodiscard]] std::size_t gather(std::span<iovec> parts, ServerTime now);
    /// Of what was gathered, as send() returns it: bytes, or a negative errno.
    void taken(ssize_t result);
    [[nodiscard]] int socket() const { return socket_; }

private:
    friend class Sender;
    struct Queued {
        WirePtr message;
        std::uint32_t epoch = 0;  ///< of a Frame; 0: no Frame
    };
    void want_sending();
    [[nodiscard]] bool queue_reply(const WirePtr& reply);
    void gather_more(ServerTime now);

    // In the order of use: a round touches what stands first, of thousands of outboxes one after the other.
    const int socket_;
    bool full_ = false;
    bool broken_ = false;
    bool finishing_ = false;
    bool pending_ = false;        ///< in the Sender's list
    bool tells_drained_ = false;  ///< somebody waits for it
    bool has_more_ = false;       ///< something beside the queue
    std::size_t begun_ = 0;       ///< so many bytes of the queue's first are gone
    std::size_t gathered_ = 0;
    boost::container::small_vector<Queued, 2> queue_;
    Sender& sender_;

    std::vector<TimeAnswer> times_;
    std::vector<WirePtr> replies_;
    std::vector<WirePtr> talk_;
    WirePtr state_;
    WirePtr room_queue_;
    WirePtr count_;
    WirePtr sync_;
    const OutboxLimits limits_;
    const Events events_;
};

}  // namespace musicspace::relay
