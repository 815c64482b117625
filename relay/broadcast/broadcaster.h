#pragma once
// Turns a running timeline and the packet logs into Frames, paced: how far ahead they leave, how many packets each carries. Time is
// cut into slots, the same for every tier, so that a listener can change its tier at any slot's edge.
// Owned by one Room, I/O thread. Knows no sockets; takes time as an argument.

#include <array>
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
    std::size_t packets = 25;                 ///< in every later one: two messages a second
    std::chrono::milliseconds patience{100};  ///< so long before a slot is due it leaves without the tiers that are late
    std::size_t pre_roll = 4;                 ///< packets ahead of a start, for the decoders to converge (RFC 7845: 80 ms)
};

/// One stretch of sound, as a Frame for each tier that has it.
struct Slot {
    MediaTime from{};
    ServerTime ends_at;
    std::size_t packets = 0;
    bool first = false;  ///< of its epoch: begins with pre-roll
    std::array<FramePtr, transcoder::kTierCount> frames;
    std::array<FramePtr, transcoder::kTierCount> entries;  ///< with pre-roll ahead, for who comes from elsewhere; made when asked for
};

class Broadcaster {
public:
    explicit Broadcaster(PacingPolicy policy = {}) : policy_(policy) {}

    /// A new epoch. `due_at` tells when a position is due, on the epoch's timeline.
    void start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at);
    void stop();
    [[nodiscard]] bool running() const { return static_cast<bool>(due_at_); }
    /// Where the next slot starts.
    [[nodiscard]] MediaTime next() const { return next_; }

    /// Slots that have become due for sending since the last call, with frames of those of `tiers` that have got so far. Only whole
    /// runs leave, but for the track's last.
    [[nodiscard]] std::vector<std::shared_ptr<Slot>> take_due(const TierLogs& logs, TierSet tiers, ServerTime now);

    /// What a listener who joins now needs first: every slot sent already that is not over yet.
    [[nodiscard]] std::vector<std::shared_ptr<Slot>> burst(ServerTime now) const;

    /// The slot's frame of `tier`, which has one, for a listener whose decoder has not just played the slot before.
    [[nodiscard]] FramePtr entry(Slot& slot, Tier tier, const TierLogs& logs) const;

private:
    [[nodiscard]] std::vector<transcoder::Packet> next_run(const TierLogs& logs, TierSet tiers, ServerTime now) const;
    [[nodiscard]] std::shared_ptr<Slot> make_slot(const TierLogs& logs, TierSet tiers, std::span<const transcoder::Packet> run);
    [[nodiscard]] FramePtr frame_of(Tier tier, std::span<const transcoder::Packet> packets, std::size_t pre_roll) const;

    PacingPolicy policy_;
    std::uint32_t epoch_ = 0;
    MediaTime start_{};  ///< of the epoch
    MediaTime next_{};
    std::function<ServerTime(MediaTime)> due_at_;  ///< empty while stopped
    std::deque<std::shared_ptr<Slot>> slots_;      ///< sent, not over yet
    std::size_t slots_made_ = 0;
};

}  // namespace musicspace::relay
