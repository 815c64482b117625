#pragma once
// The source's own Opus packets, untouched, where each holds 20 ms: what the top tier carries in place of an encoding of an
// encoding. Owned by one pipeline lane, used on its thread.

#include <memory>
#include <optional>

#include "transcoder/demuxer.h"
#include "transcoder/packet.h"

namespace musicspace::transcoder {

class OpusPassage {
public:
    /// How far the first packet of `stream` starts before position 0, where its packets can pass through; nothing where they cannot
    /// (another codec, several streams in one, a gain that a decoder would have to apply).
    [[nodiscard]] static std::optional<MediaDuration> lead_of(const AVStream& stream);

    /// `demuxer`: freshly opened, with a stream that lead_of() accepts; goes to the packet that holds `start`. Throws TranscodeFailure.
    OpusPassage(std::unique_ptr<Demuxer> demuxer, MediaTime start);

    /// The next packet: each starts where the one before ended; what is missing comes as packets that tell a decoder so. Nothing
    /// at the end. Throws TranscodeFailure, with Fault::unsupported for a packet that is not 20 ms long.
    [[nodiscard]] std::optional<Packet> next();

    /// Position of the track's end. After next() returned nothing.
    [[nodiscard]] MediaTime end() const { return end_; }

private:
    std::unique_ptr<Demuxer> demuxer_;
    MediaDuration lead_;
    std::int64_t origin_ = 0;
    const AVPacket* pending_first_ = nullptr;  ///< read already, to learn where the stream begins
    std::optional<MediaTime> next_;            ///< where the packet after the last one starts
    std::optional<Packet> held_;               ///< read already; what is missing before it goes first
    std::uint8_t lost_packet_ = 0;             ///< the last packet's shape, with nothing in it
    MediaTime start_;
    MediaDuration jumped_{0};  ///< by how much the stamps have jumped ahead so far
    MediaDuration read_{0};    ///< since it was opened
    MediaTime end_{};
};

}  // namespace musicspace::transcoder
