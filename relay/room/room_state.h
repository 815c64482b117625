#pragma once
// Everything a room is but for who is in it (Roster), as a value. Changed only by apply() and observe(), which are pure.

#include <optional>
#include <string>
#include <vector>

#include "relay/room/commands.h"
#include "relay/room/timeline.h"

namespace musicspace::relay {

enum class Status {
    idle,       ///< no track
    buffering,  ///< a track, waiting for its sound
    playing,
    paused,
};

[[nodiscard]] std::string_view name_of(Status status);

struct PendingLink {
    PendingId id = 0;
    std::string link;
    MemberId member = 0;
    std::string label;        ///< of the member, who may leave meanwhile
    bool from_queue = false;  ///< nobody waits for an answer; when it does not play, the next one is tried
};

struct NowPlaying {
    transcoder::Track track;
    std::string artwork;  ///< path of its picture on this server, once it is there
    MemberId member = 0;
    std::string label;
    std::optional<double> gain_db{};  ///< that brings it to the loudness of all others, once known
};

/// The next track, whose first sample follows the current one's last.
struct Upcoming {
    NowPlaying playing;
    std::uint32_t epoch = 0;
    Timeline timeline;
};

struct RoomState {
    std::string code;
    std::uint32_t epoch = 0;
    Status status = Status::idle;
    Timeline timeline = Timeline::held_at({}, {});
    std::optional<NowPlaying> now_playing;
    std::optional<PendingLink> pending;
    std::vector<PendingLink> queue;    ///< `pending` is no longer in it; `upcoming` still is, as its first
    std::optional<Upcoming> upcoming;  ///< announced; only while playing and nothing is pending
    bool metronome = false;            ///< players click at each full second of server time
    bool normalizing = true;           ///< players apply the tracks' gains
    PendingId last_pending = 0;
    SpeedPercent speed = kNormalSpeed;  ///< as the room wishes; see speed_for()
    std::string notice;                 ///< why the last track broke off, until the next one starts
    std::string trouble;                ///< why the current track's bytes do not come, while they do not

    /// No track any more, from `at` on.
    void become_idle(ServerTime at);
    /// The speed at which `track` is played here: a live stream has but its own.
    [[nodiscard]] SpeedPercent speed_for(const transcoder::Track& track) const { return track.is_live ? kNormalSpeed : speed; }
};

}  // namespace musicspace::relay
