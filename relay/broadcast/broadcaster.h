#pragma once
// Turns a running timeline and the packet logs into Frames: what a listener gets next, and when. Each listener has a Cursor of its own;
// the cuts lie on one grid, so that listeners who are equally far get the same Frames, which are made once.
// Owned by one Room, I/O thread. Knows no sockets; takes time as an argument.

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "relay/broadcast/frame.h"
#include "relay/broadcast/packet_log.h"

namespace musicspace::relay {

struct PacingPolicy {
    /// A Frame's packets grow with what the listener has already: up to `lead` of it they come by `packets`, cut at its multiples.
    struct Batch {
        std::chrono::milliseconds lead;
        std::int64_t packets;
    };
    std::array<Batch, 3> batches{
        {{std::chrono::milliseconds(300), 5}, {std::chrono::milliseconds(1000), 10}, {std::chrono::milliseconds(2000), 25}}};
    std::int64_t packets = 50;                ///< beyond: a message a second
    std::chrono::milliseconds patience{100};  ///< so long before a packet is due it leaves in what there is
    std::int64_t pre_roll = 4;                ///< packets ahead of a start, for the decoders to converge (RFC 7845: 80 ms)
};

/// How far a listener is in one epoch.
struct Cursor {
    std::uint32_t epoch = 0;
    std::int64_t packet = -1;  ///< the next one, counted from the epoch's first; -1: what plays now
    std::optional<Tier> tier;  ///< of the packets before; nothing: its decoder starts here

    friend bool operator==(const Cursor&, const Cursor&) = default;
};

struct Wish {
    Tier tier = Tier::kbps96;
    std::chrono::milliseconds lead{3000};  ///< packets leave this long before they are due
    std::int64_t most_packets = 50;        ///< in one Frame
};

/// What comes next for a Cursor.
struct NextFrame {
    FramePtr frame;
    Cursor after;
};
struct NotBefore {  ///< the listener has enough until then
    ServerTime time;
};
struct NotMade {};  ///< it waits for packets
struct Late {};     ///< its packet is over: see cursor_at()
struct AtEnd {};    ///< the track has no more
using Next = std::variant<NextFrame, NotBefore, NotMade, Late, AtEnd>;

class Broadcaster {
public:
    explicit Broadcaster(PacingPolicy policy = {}) : policy_(policy) {}

    /// A new epoch. `due_at` tells when a position is due, on the epoch's timeline.
    void start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at);
    void stop();
    [[nodiscard]] bool running() const { return static_cast<bool>(due_at_); }
    [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

    /// While running. `tiers`: those that are being made.
    [[nodiscard]] Next next(const TierLogs& logs, TierSet tiers, const Cursor& cursor, const Wish& wish, ServerTime now);

    /// For one who is given nothing that is due before `time`.
    [[nodiscard]] Cursor cursor_at(ServerTime time) const { return {epoch_, live_packet(time), std::nullopt}; }
    /// Where a Cursor's packet lies in the track; nothing before the first packet is there.
    [[nodiscard]] std::optional<MediaTime> position_of(const Cursor& cursor, ServerTime now) const;
    /// How long from now until a Cursor's packet is due; 0 for what plays now.
    [[nodiscard]] ServerClock::duration lead_of(const Cursor& cursor, ServerTime now) const;
    /// Lets go of Frames that are over.
    void forget(ServerTime now);
    /// Since it was asked last.
    [[nodiscard]] std::uint64_t take_frames_made() { return std::exchange(frames_made_, 0); }

private:
    struct Run {
        Tier tier;
        std::int64_t first;
        std::int64_t count;
        bool entry;  ///< begins with pre-roll
        friend auto operator<=>(const Run&, const Run&) = default;
    };
    [[nodiscard]] bool find_origin(const TierLogs& logs, TierSet tiers);
    [[nodiscard]] MediaTime position_of_packet(std::int64_t packet) const { return origin_ + span_ * packet; }
    [[nodiscard]] std::int64_t live_packet(ServerTime now) const;
    [[nodiscard]] std::int64_t batch(MediaTime position, std::int64_t packet, const Wish& wish, ServerTime now) const;
    [[nodiscard]] std::optional<Run> choose(const TierLogs& logs, TierSet tiers, const Cursor& cursor, Tier wish, std::int64_t count,
                                            bool urgent) const;
    [[nodiscard]] FramePtr frame_of(const TierLogs& logs, const Run& run);
    [[nodiscard]] FramePtr make(const TierLogs& logs, const Run& run) const;

    PacingPolicy policy_;
    std::uint32_t epoch_ = 0;
    MediaTime start_{};                                                              ///< of the epoch
    std::function<ServerTime(MediaTime)> due_at_;                                    ///< empty while stopped
    MediaTime origin_{};                                                             ///< of the epoch's first packet, which holds `start_`
    MediaDuration span_{0};                                                          ///< of a packet; 0 until the first is there
    std::map<std::tuple<std::int64_t, std::int64_t, Tier, bool>, FramePtr> frames_;  ///< by first packet, count, tier, entry; not over yet
    std::uint64_t frames_made_ = 0;
};

}  // namespace musicspace::relay
