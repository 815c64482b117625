#pragma once
// What members ask of a room, and what the room itself observes. Values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "transcoder/media_time.h"
#include "transcoder/track.h"

namespace musicspace::relay {

using MemberId = std::int64_t;
using PendingId = std::uint64_t;

struct PlayLink {
    std::string link;  ///< accepted by transcoder::check_link
};
struct Pause {};
struct Resume {};
struct Seek {
    MediaTime position;  ///< beyond the end means the end
};
struct Stop {};

struct SetSpeed {
    SpeedPercent speed = kNormalSpeed;  ///< kSlowest to kFastest, in steps of kSpeedStep
};

struct AddToQueue {
    std::string link;  ///< accepted by transcoder::check_link
};
struct RemoveFromQueue {
    PendingId item = 0;
};
struct Skip {};

struct SetMetronome {  ///< whether all devices click together, for their owners to trim them by
    bool on = false;
};

struct SetNormalizing {  ///< whether all tracks are brought to one loudness
    bool on = true;
};

using Command =
    std::variant<PlayLink, Pause, Resume, Seek, Stop, SetSpeed, AddToQueue, RemoveFromQueue, Skip, SetNormalizing, SetMetronome>;

struct CommandRequest {
    MemberId member = 0;
    std::string label;                   ///< what the member is called in this room
    std::optional<std::uint32_t> epoch;  ///< the state the member saw; refused when the room has moved on
    Command command;
};

/// The name a command has on the wire.
[[nodiscard]] std::string_view op_of(const Command& command);

struct TrackOpened {  ///< the pending link resolved and its first packets are here
    PendingId pending = 0;
    transcoder::Track track;
    std::optional<double> gain_db{};
};
struct TrackRefused {
    PendingId pending = 0;
    std::string why;  ///< one sentence
};
struct StreamReady {  ///< enough packets from the held position on are here
    std::uint32_t epoch = 0;
};
struct StreamStalled {  ///< the source is slower than real time and the buffer ran out
    std::uint32_t epoch = 0;
};
struct ArtworkArrived {  ///< of the track that plays
    std::string path;    ///< where this server has it
};
struct SourceTroubled {  ///< empty when it is over
    std::string what;
};
struct LoudnessMeasured {
    double gain_db = 0;
    bool upcoming = false;  ///< of the track that was announced, not of the one that plays
};
struct NextReady {  ///< the queue's first item has opened, and where the current track ends is known
    PendingId item = 0;
    std::uint32_t epoch = 0;
    MediaTime end;  ///< of the current track
    transcoder::Track track;
    std::optional<double> gain_db;
};
struct NextRefused {
    PendingId item = 0;
    std::string why;  ///< one sentence
};
struct SeamReached {};
struct TrackEnded {
    std::uint32_t epoch = 0;
    std::string why;  ///< empty for a track that simply came to its end; else one sentence for the room
};

using Observation = std::variant<TrackOpened, TrackRefused, StreamReady, StreamStalled, ArtworkArrived, SourceTroubled, LoudnessMeasured,
                                 NextReady, NextRefused, SeamReached, TrackEnded>;

}  // namespace musicspace::relay
