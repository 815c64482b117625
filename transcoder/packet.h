#pragma once
// 20 ms of Opus. Immutable once made; shared by the room's packet log and nobody else (Frames copy its bytes once).

#include <cstdint>
#include <vector>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

struct Packet {
    MediaTime position;  ///< of the first sample that comes out of the decoder; slightly negative at a track's start
    std::vector<std::uint8_t> opus;
    MediaDuration span = kPacketDuration;  ///< of media; other than 20 ms where the track is played at another speed
};

}  // namespace musicspace::transcoder
