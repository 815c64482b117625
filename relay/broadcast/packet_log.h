#pragma once
// The packets of the current track that the server holds: some seconds behind the play position (late joiners, small seeks
// back) and some ahead. Contiguous; owned by one Room, I/O thread. Bounded by who calls forget_before() and by the pipeline's
// back-pressure.

#include <deque>
#include <optional>
#include <vector>

#include "transcoder/packet.h"

namespace musicspace::relay {

class PacketLog {
public:
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

}  // namespace musicspace::relay
