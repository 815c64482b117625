#pragma once
// The packets of the current track that the server holds: some seconds behind the play position (late joiners, small seeks
// back) and some ahead. Contiguous; owned by one Room, I/O thread. Bounded by who calls forget_before() and by the pipeline's
// back-pressure.

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "transcoder/packet.h"
#include "transcoder/tier.h"

namespace musicspace::relay {

/// One tier's packets.
class PacketLog {
public:
    /// What does not follow the last packet takes the place of all: the tier has been started anew.
    void append(std::vector<transcoder::Packet> packets);
    void clear();
    void forget_before(MediaTime position);
    /// Nothing follows: the track ends at `end`.
    void close(MediaTime end) { end_ = end; }

    [[nodiscard]] std::optional<MediaTime> end() const { return end_; }
    /// True when packets cover [from, from + length), or from `from` to the track's end.
    [[nodiscard]] bool covers(MediaTime from, MediaDuration length) const;
    /// Position after the last packet; nothing when empty.
    [[nodiscard]] std::optional<MediaTime> produced_until() const;
    /// Up to `count` packets; the first is the one that holds `from` (or the first one there is).
    [[nodiscard]] std::vector<transcoder::Packet> run_from(MediaTime from, std::size_t count) const;
    [[nodiscard]] std::size_t size() const { return packets_.size(); }

private:
    std::deque<transcoder::Packet> packets_;
    std::optional<MediaTime> end_;
};

/// All tiers' logs of one stream. Their packets lie on one grid.
class TierLogs {
public:
    [[nodiscard]] PacketLog& of(transcoder::Tier tier) { return logs_[index_of(tier)]; }
    [[nodiscard]] const PacketLog& of(transcoder::Tier tier) const { return logs_[index_of(tier)]; }

    void clear();
    void forget_before(MediaTime position);
    void close(MediaTime end);
    [[nodiscard]] std::optional<MediaTime> end() const { return end_; }
    /// Of the tier that has got furthest.
    [[nodiscard]] std::optional<MediaTime> produced_until() const;
    [[nodiscard]] bool any_covers(MediaTime from, MediaDuration length) const;

private:
    std::array<PacketLog, transcoder::kTierCount> logs_;
    std::optional<MediaTime> end_;
};

}  // namespace musicspace::relay
