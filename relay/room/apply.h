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
    PendingLink pending;
};
struct CancelPending {};
struct AdoptPendingStream {};  ///< the pending track's stream becomes the room's
struct PrepareStream {         ///< packets from `position` on are wanted; StreamReady follows
    MediaTime position;
};
struct AdoptNextStream {};  ///< the queue's first item's stream becomes the room's, at the seam
struct DropStream {};
struct RecordPlay {};

using Effect = std::variant<ResolveLink, CancelPending, AdoptPendingStream, AdoptNextStream, PrepareStream, DropStream, RecordPlay>;

struct Applied {
    RoomState state;
    std::vector<Effect> effects;
};

enum class Refusal { stale_epoch, nothing_playing, not_seekable, not_a_member, not_applicable, too_many_links, queue_full, not_queued };

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
