#pragma once
// An error as every client gets it: RFC 9457 problem details, the same over HTTP and the WebSocket. A value.

#include <optional>
#include <string>
#include <string_view>

#include "relay/room/apply.h"
#include "transcoder/transcode_error.h"

namespace musicspace::relay {

struct Problem {
    int status = 500;    ///< HTTP status
    std::string code;    ///< stable, for programs: "stale-epoch"
    std::string title;   ///< short and the same for each `code`
    std::string detail;  ///< one sentence for a person: what is wrong here and what to do
    /// Seconds after which it may work, of a 429 or a 503; over HTTP it is the Retry-After header too.
    std::optional<unsigned> retry_after{};
};

[[nodiscard]] Problem problem_of(const Rejection& rejection);
[[nodiscard]] Problem problem_of(const transcoder::TranscodeError& error);

/// A message that is not what the protocol says; `detail` says how it has to be.
[[nodiscard]] Problem bad_message(std::string detail);
[[nodiscard]] Problem database_away();
/// More passwords are being hashed than this server does at once.
[[nodiscard]] Problem hashing_busy();

/// The problem+json object. Text that is no UTF-8 is mended.
[[nodiscard]] std::string problem_json(const Problem& problem);

}  // namespace musicspace::relay
