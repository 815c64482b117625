#pragma once
// One audio message as it goes over the wire: a run of packets with the stamp of the first. Immutable; one object is shared by
// every listener that gets it. docs/protocol.md describes its bytes. Pure.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "relay/broadcast/wire_message.h"
#include "relay/clock.h"
#include "transcoder/packet.h"
#include "transcoder/tier.h"

namespace musicspace::relay {

using transcoder::Tier;
using transcoder::TierSet;

inline constexpr std::uint8_t kAudioKind = 1;
inline constexpr std::uint8_t kTimeKind = 2;
inline constexpr std::size_t kFrameHeaderBytes = 24;

struct Frame : WireMessage {
    std::uint32_t epoch = 0;
    ServerTime play_at;  ///< when the first packet's first sample leaves the speakers
    ServerTime ends_at;  ///< when the last packet's last sample has left them
};

using FramePtr = std::shared_ptr<const Frame>;

inline constexpr std::size_t kMostPreRoll = 15;

struct FrameStamp {
    Tier tier = Tier::kbps96;
    std::uint32_t epoch = 0;
    ServerTime play_at;        ///< of the first packet's first sample
    ServerTime ends_at;        ///< kept beside the bytes and not sent
    std::size_t pre_roll = 0;  ///< so many packets at the start are for the decoder to settle, and not heard; at most kMostPreRoll
};

/// `packets`: 1 to 65535, contiguous.
[[nodiscard]] FramePtr make_frame(const FrameStamp& stamp, std::span<const transcoder::Packet> packets);
}  // namespace musicspace::relay
