#pragma once
// The rules of a room, pure: state + command or observation + time -> new state and what has to be done, or a refusal.

#include <chrono>
#include <variant>
#include <vector>

#include "relay/room/room_state.h"

namespace musicspace::relay {

/// A change reaches everybody before it takes effect: the time that frames and states get to travel.
inline constexpr std::chrono::milliseconds kControlLead{250};

struct ResolveLink {
    ItemId item = 0;
    std::string link;
    MediaTime from;
};
struct ListLink {  ///< LinkListed follows
    ItemId item = 0;
    std::string link;
};
struct CancelPending {};
struct AdoptPendingStream {};  ///< the pending track's stream becomes the room's
struct PrepareStream {         ///< packets from `position` on are wanted; StreamReady follows
    MediaTime position;
};
struct AdoptNextStream {};  ///< the queue's first item's stream becomes the room's, at the seam
struct DropStream {};
struct RecordPlay {};
struct Expel {  ///< the member's connections end, and of a ban all from the address
    MemberId member = 0;
    bool banned = false;
    std::string address{};
};
struct TellChat {
    MemberId member = 0;
    std::string label;
    std::string text;
};
struct TellReaction {
    MemberId member = 0;
    std::string label;
    std::string reaction;
};

struct CloseRoom {};

using Effect = std::variant<ResolveLink, ListLink, CancelPending, AdoptPendingStream, AdoptNextStream, PrepareStream, DropStream,
                            RecordPlay, Expel, TellChat, TellReaction, CloseRoom>;

struct Applied {
    RoomState state;
    std::vector<Effect> effects;
};

enum class Refusal {
    stale_epoch,
    nothing_playing,
    not_seekable,
    not_allowed,
    not_here,  ///< the member that the command is about
    not_applicable,
    too_many_links,
    too_fast,
    queue_full,
    not_queued,
    too_many_bans,
    account_needed,
    too_many_kept,
    too_many_roles,
    removed,  ///< the one who asks was sent away, and may join anew
    banned,
};

struct Rejection {
    Refusal refusal;
    std::string detail;  ///< one sentence for the member
};

using Outcome = std::variant<Applied, Rejection>;

/// About what is no more.
[[nodiscard]] Rejection not_applicable();

[[nodiscard]] Outcome apply(const RoomState& state, const CommandRequest& request, ServerTime now);

/// An observation about what is no more (an older epoch, a replaced link) is refused as not_applicable.
[[nodiscard]] Outcome observe(const RoomState& state, const Observation& observation, ServerTime now);

}  // namespace musicspace::relay
