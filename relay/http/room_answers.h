#pragma once
// Answers that the calls of rooms have in common. Used by Router's own files only.

#include "db/store.h"
#include "relay/problem.h"
#include "relay/room/people_rules.h"

namespace musicspace::relay {

[[nodiscard]] inline Problem no_such_room() {
    return {404, "no-such-room", "No such room", "There is no room with this code. Check it, or ask for a new invitation."};
}

/// The refusal for somebody who was removed or banned, as `standing` says.
[[nodiscard]] inline Problem sent_away(Standing standing) {
    return problem_of(Rejection{standing == Standing::banned ? Refusal::banned : Refusal::removed, reason_of(standing)});
}

[[nodiscard]] inline Problem store_problem(db::StoreError error) {
    return error == db::StoreError::no_such_room ? no_such_room() : database_away();
}

}  // namespace musicspace::relay
