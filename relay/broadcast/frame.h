#pragma once
// One audio message as it goes over the wire: a run of packets with the stamp of the first. Immutable; one object is shared by
// every listener that gets it. docs/protocol.md describes its bytes. Pure.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "relay/clock.h"
#include "transcoder/packet.h"

namespace musicspace::relay {

/// Index into the bit rates 24, 48, 96, 160 kbit/s.
enum class Tier : std::uint8_t { kbps24, kbps48, kbps96, kbps160 };

inline constexpr std::uint8_t kAudioKind = 1;
inline constexpr std::uint8_t kTimeKind = 2;
inline constexpr std::size_t kFrameHeaderBytes = 24;

struct Frame {
    std::uint32_t epoch = 0;
    ServerTime play_at;  ///< when the first packet's first sample leaves the speakers
    ServerTime ends_at;  ///< when the last packet's last sample has left them
    std::vector<std::uint8_t> bytes;
};

using FramePtr = std::shared_ptr<const Frame>;

/// `packets`: 1 to 65535, contiguous. `ends_at` is kept beside the bytes and not sent.
[[nodiscard]] FramePtr make_frame(Tier tier, std::uint32_t epoch, ServerTime play_at, ServerTime ends_at,
                                  std::span<const transcoder::Packet> packets);

/// Appends `value` in network byte order.
void append_big_endian(std::vector<std::uint8_t>& bytes, std::uint64_t value, int width);

}  // namespace musicspace::relay
