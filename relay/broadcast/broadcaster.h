#pragma once
// Turns a running timeline and the packet log into Frames, paced: how far ahead they leave, how many packets each carries.
// Owned by one Room, I/O thread. Knows no sockets; takes time as an argument.

#include <chrono>
#include <deque>
#include <functional>

#include "relay/broadcast/frame.h"
#include "relay/broadcast/packet_log.h"

namespace musicspace::relay {

struct PacingPolicy {
    std::chrono::milliseconds lead{3000};  ///< a packet leaves this long before it is due
    std::size_t first_packets = 5;         ///< in an epoch's first Frames, so that sound can start early
    std::size_t first_frames = 4;
    std::size_t packets = 25;                    ///< in every later one: two messages a second
    MediaDuration pre_roll{kPacketSamples * 4};  ///< sent ahead of the start for the decoders to converge (RFC 7845: 80 ms)
};

class Broadcaster {
public:
    explicit Broadcaster(PacingPolicy policy = {}) : policy_(policy) {}

    /// A new epoch. `due_at` tells when a position is due, on the epoch's timeline.
    void start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at);
    void stop();

    /// Frames that have become due for sending since the last call. Only whole runs leave, but for the track's last.
    [[nodiscard]] std::vector<FramePtr> take_due(const PacketLog& log, ServerTime now);

    /// What a listener who joins now needs first: every Frame sent already that is not over yet.
    [[nodiscard]] std::vector<FramePtr> burst(ServerTime now) const;

private:
    const PacingPolicy policy_;
    std::uint32_t epoch_ = 0;
    MediaTime next_{};
    std::function<ServerTime(MediaTime)> due_at_;  ///< empty while stopped
    std::deque<FramePtr> frames_;                  ///< sent, not over yet
    std::size_t frames_made_ = 0;
};

}  // namespace musicspace::relay
