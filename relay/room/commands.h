#pragma once
// What members ask of a room, and what the room itself observes. Values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relay/room/rights.h"
#include "transcoder/listing.h"
#include "transcoder/media_time.h"
#include "transcoder/track.h"

namespace musicspace::relay {

using ItemId = std::uint64_t;
using Listed = transcoder::ListedTrack;

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

struct SetVolume {
    int percent = 100;  ///< 0 to 100
};

struct AddToQueue {
    std::string link;   ///< accepted by transcoder::check_link
    bool next = false;  ///< at its head, not at its end
};

struct AddManyToQueue {
    std::vector<Listed> items;
    std::optional<ItemId> before;  ///< nothing: at the end
};
struct RemoveFromQueue {
    ItemId item = 0;
};
struct MoveInQueue {
    ItemId item = 0;
    std::optional<ItemId> before;  ///< nothing: to the end
};
struct PlayItem {  ///< now, out of its turn
    ItemId item = 0;
};
struct ClearQueue {};
struct ShuffleQueue {};

enum class Repeat { off, one, all };
struct SetRepeat {
    Repeat mode = Repeat::off;
};

struct Skip {
    std::optional<ItemId> item{};  ///< what the member saw playing, or opening: of two who press at once, one skips
};
struct Previous {
    bool track = false;  ///< to the track before in any case; else back to the start first
};

struct Vote {  ///< for an item to be next
    ItemId item = 0;
    bool on = true;
};
struct VoteSkip {
    bool on = true;
};

struct SetRole {
    MemberId member = 0;
    Role role = Role::listener;  ///< host: handed over, who had it becomes a DJ
};
struct SetRights {
    Rights rights;
};
struct Kick {
    MemberId member = 0;
};
struct Ban {
    MemberId member = 0;
};
struct Unban {
    MemberId member = 0;
};
struct SetPassword {
    std::string password;  ///< as it was typed; empty: none from now on
};
struct SetLock {
    bool on = false;
};
struct SetName {
    std::string name;  ///< checked; may be empty
};
struct SetSleep {
    std::chrono::minutes in{0};  ///< 0: not at all
};

struct Say {
    std::string text;  ///< checked
};
struct React {
    std::string reaction;  ///< one of a few emoji
};

struct SetMetronome {  ///< whether all devices click together, for their owners to trim them by
    bool on = false;
};

struct SetNormalizing {  ///< whether all tracks are brought to one loudness
    bool on = true;
};

struct Keep {  ///< the room, until its host closes it
    bool on = true;
};
struct Close {};  ///< for everybody, for good

using Command =
    std::variant<PlayLink, Pause, Resume, Seek, Stop, SetSpeed, SetVolume, AddToQueue, AddManyToQueue, RemoveFromQueue, MoveInQueue,
                 PlayItem, ClearQueue, ShuffleQueue, SetRepeat, Skip, Previous, Vote, VoteSkip, SetRole, SetRights, Kick, Ban, Unban,
                 SetPassword, SetLock, SetName, SetSleep, Say, React, SetNormalizing, SetMetronome, Keep, Close>;

/// What a command that is about somebody needs to know of them; the room fills it in.
struct Target {
    bool present = false;  ///< connected now
    bool member = false;   ///< of this room, connected or not
    std::string label;
    std::string address;     ///< empty: none that could be told from others'
    bool looked_up = false;  ///< Postgres has been asked
};

struct CommandRequest {
    MemberId member = 0;
    std::string label;                   ///< what the member is called in this room
    std::optional<std::uint32_t> epoch;  ///< the state the member saw; refused when the room has moved on
    Command command;
    std::string address{};  ///< it came from; empty: one that is not told apart

    std::int64_t account = 0;  ///< of the one who asks; 0: a guest

    // Filled in by the room, where it matters.
    bool may_keep = false;  ///< the account keeps fewer rooms than it may
    Target target{};
    std::size_t listeners = 1;            ///< present
    std::optional<MemberId> absent_dj{};  ///< of several the one who joined first; where there are so many roles that one has to go
    std::uint64_t seed = 0;               ///< of chance
    std::string password_hash{};
};

/// The name a command has on the wire.
[[nodiscard]] std::string_view op_of(const Command& command);

/// Whom a command is about, if it is about somebody.
[[nodiscard]] std::optional<MemberId> target_of(const Command& command);

struct TrackOpened {  ///< the pending link resolved and its first packets are here
    ItemId pending = 0;
    transcoder::Track track;
    std::optional<double> gain_db{};
    bool playlist = false;  ///< the link leads to more than this track
};
struct TrackRefused {
    ItemId pending = 0;
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
    ItemId item = 0;
    std::uint32_t epoch = 0;
    MediaTime end;  ///< of the current track
    transcoder::Track track;
    std::optional<double> gain_db;
};
struct NextRefused {  ///< for good: what may pass is tried again until its turn has come
    ItemId item = 0;
    std::string why;  ///< one sentence
};
struct LinkListed {  ///< what an item of the queue, or the playlist that was played, turned out to be
    ItemId item = 0;
    std::vector<Listed> entries;  ///< one: the item itself
    bool playlist = false;
    std::size_t left_out = 0;  ///< entries of a longer one
    std::string why;           ///< nothing plays: one sentence
};
struct ListenersBack {};  ///< the first one, where the music waits
struct NobodyListens {};  ///< for some time
struct ListenersChanged {
    std::size_t listeners = 0;
    std::optional<MemberId> gone;
};
struct HostAway {
    MemberId successor = 0;
    std::string label;
};
struct SleepDue {};
struct SeamReached {};
struct TrackEnded {
    std::uint32_t epoch = 0;
    std::string why;  ///< empty for a track that simply came to its end; else one sentence for the room
};

using Observation =
    std::variant<TrackOpened, TrackRefused, StreamReady, StreamStalled, ArtworkArrived, SourceTroubled, LoudnessMeasured, NextReady,
                 NextRefused, LinkListed, ListenersBack, NobodyListens, ListenersChanged, HostAway, SleepDue, SeamReached, TrackEnded>;

}  // namespace musicspace::relay
