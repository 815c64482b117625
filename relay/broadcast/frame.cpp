#include "relay/broadcast/frame.h"

#include <cassert>

namespace musicspace::relay {

FramePtr make_frame(const FrameStamp& stamp, std::span<const transcoder::Packet> packets) {
    assert(!packets.empty() && packets.size() <= 0xffff && stamp.pre_roll <= kMostPreRoll);
    std::size_t size = kFrameHeaderBytes;
    for (const auto& packet : packets) size += 2 + packet.opus.size();
    auto frame = std::make_shared<Frame>();
    frame->epoch = stamp.epoch;
    frame->play_at = stamp.play_at;
    frame->ends_at = stamp.ends_at;
    auto& bytes = frame->bytes;
    bytes.reserve(wire_header_bytes(size) + size);
    append_wire_header(bytes, Opcode::binary, size);
    append_big_endian(bytes, kAudioKind, 1);
    append_big_endian(bytes, stamp.pre_roll << 4U | index_of(stamp.tier), 1);
    append_big_endian(bytes, packets.size(), 2);
    append_big_endian(bytes, stamp.epoch, 4);
    append_big_endian(bytes, static_cast<std::uint64_t>(micros(stamp.play_at)), 8);
    append_big_endian(bytes, static_cast<std::uint64_t>(samples(packets.front().position)), 8);
    for (const auto& packet : packets) {
        append_big_endian(bytes, packet.opus.size(), 2);
        bytes.insert(bytes.end(), packet.opus.begin(), packet.opus.end());
    }
    return frame;
}

}  // namespace musicspace::relay
