#pragma once
// Everything a room is but for who is in it (Roster) and what was said, as a value. Changed only by apply() and observe(), which are pure.

#include <map>
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

struct QueueItem {
    ItemId id = 0;
    Listed listed;
    MemberId member = 0;             ///< who added it
    std::string label;               ///< of the member, who may leave meanwhile
    bool listing = false;            ///< what it is, is being found out
    std::string unplayable;          ///< why it does not play: it is passed over
    std::vector<MemberId> voters{};  ///< for it to be next

    friend bool operator==(const QueueItem&, const QueueItem&) = default;
};

/// What is being opened, in place of what plays.
struct Pending {
    enum class Why {
        asked,     ///< somebody wants just this
        next,      ///< its turn has come: when it does not play, the one after it is tried
        previous,  ///< back to what played before
        resumed,   ///< what played when the server went down
    };
    QueueItem item;
    Why why = Why::asked;
    MediaTime from{};     ///< where it starts
    bool paused = false;  ///< and whether it waits there
    bool queued = false;  ///< it was in the queue, out of its turn
};

struct NowPlaying {
    transcoder::Track track;
    std::string artwork;  ///< path of its picture on this server, once it is there
    ItemId item = 0;
    MemberId member = 0;
    std::string label;
    std::optional<double> gain_db{};  ///< that brings it to the loudness of all others, once known
};

/// How a room takes somebody in.
enum class Standing { welcome, removed, banned };

/// The next track, whose first sample follows the current one's last.
struct Upcoming {
    NowPlaying playing;
    std::uint32_t epoch = 0;
    Timeline timeline;
};

/// What the host and the DJs have set; outlives a restart.
struct Settings {
    std::string name;
    Rights rights;
    Repeat repeat = Repeat::off;
    bool locked = false;
    std::string password_hash;       ///< empty: none
    std::map<MemberId, Role> roles;  ///< of those who are more than listeners; kMostRoles
    MemberId succeeded = 0;          ///< the host before this one, who stayed away and is a DJ for that; 0: none
    std::vector<MemberId> expelled;  ///< their tokens are worth nothing any more; in ascending order, kMostExpelled
    MemberId members_from = 0;       ///< of a member with a lower id and no role, the token is worth nothing either
    struct Banned {
        MemberId member = 0;
        std::string label;
        std::string address;  ///< empty: only the member

        friend bool operator==(const Banned&, const Banned&) = default;
    };
    std::vector<Banned> banned;
    int volume = 100;                   ///< percent
    SpeedPercent speed = kNormalSpeed;  ///< as the room wishes; see speed_for()
    bool normalizing = true;            ///< players apply the tracks' gains

    friend bool operator==(const Settings&, const Settings&) = default;
};

struct RoomState {
    std::string code;
    std::uint32_t epoch = 0;       ///< of the stream that `timeline` is about
    std::uint32_t last_epoch = 0;  ///< the highest that was ever given out, to what is upcoming too: a new one is one higher
    Status status = Status::idle;
    Timeline timeline = Timeline::held_at({}, {});
    std::optional<NowPlaying> now_playing;
    std::optional<Pending> pending;
    std::optional<Pending> suspended;  ///< what goes on when somebody is back, after a restart or when all had left
    std::vector<QueueItem> queue;      ///< `pending` is not in it; `upcoming` still is
    std::vector<QueueItem> played;     ///< before `now_playing`, the last at the end; kMostPlayed
    std::optional<Upcoming> upcoming;  ///< announced; only while playing and nothing is pending
    int refused_in_a_row = 0;          ///< tracks whose turn had come
    std::vector<MemberId> skip_votes;  ///< against what plays
    std::optional<ServerTime> sleep_at;
    bool metronome = false;  ///< players click at each full second of server time
    ItemId last_item = 0;
    Settings settings;
    std::int64_t kept_by = 0;  ///< the account that keeps the room; 0: none
    std::string notice;        ///< why the last track broke off, until the next one starts
    std::string trouble;       ///< why the current track's bytes do not come, while they do not

    /// Gives out an epoch that no listener has seen.
    [[nodiscard]] std::uint32_t new_epoch() { return ++last_epoch; }
    /// No track any more, from `at` on.
    void become_idle(ServerTime at);
    /// The speed at which `track` is played here: a live stream has but its own.
    [[nodiscard]] SpeedPercent speed_for(const transcoder::Track& track) const { return track.is_live ? kNormalSpeed : settings.speed; }
    [[nodiscard]] Role role_of(MemberId member) const {
        const auto known = settings.roles.find(member);
        return known == settings.roles.end() ? Role::listener : known->second;
    }
    [[nodiscard]] std::optional<MemberId> host() const;
    [[nodiscard]] bool is_banned(MemberId member) const;
    /// Of a member (0: somebody new) at an address (empty: one that is not told apart). A ban holds for both, except that the host's
    /// own address shuts no host out.
    [[nodiscard]] Standing standing_of(MemberId member, const std::string& address) const;
    /// Only members learn anything of it, not everybody who has the code.
    [[nodiscard]] bool closed() const { return settings.locked || !settings.password_hash.empty(); }
};

}  // namespace musicspace::relay
