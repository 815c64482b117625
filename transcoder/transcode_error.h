#pragma once
// Why a link cannot be played, as a value that reaches the member who asked. `detail` is one sentence for a person.

#include <stdexcept>
#include <string>
#include <utility>

namespace musicspace::transcoder {

enum class Fault {
    bad_link,          ///< not an http(s) link
    forbidden_target,  ///< a private or local address
    not_found,
    is_private,
    geo_blocked,
    age_restricted,
    unsupported,
    no_network,
    outdated_ytdlp,
    bot_check,  ///< the site wants a sign-in from this server's address
    timed_out,
    too_busy,
    too_long,  ///< longer than this server plays
    no_audio,
    unreadable,  ///< the media could not be opened or decoded
    changed,     ///< the media has been replaced on its site; what was read of it does not fit any more
    cancelled,
    disk_full,  ///< the server's
    internal,
};

struct TranscodeError {
    Fault fault = Fault::internal;
    std::string detail;

    /// It may be over in a moment, and is perhaps not the link's fault.
    [[nodiscard]] bool passing() const {
        return fault == Fault::no_network || fault == Fault::timed_out || fault == Fault::too_busy || fault == Fault::disk_full ||
               fault == Fault::internal;
    }
};

/// Thrown inside the transcoder's threads; turned into a TranscodeError value at their edge.
class TranscodeFailure : public std::runtime_error {
public:
    TranscodeFailure(Fault fault, const std::string& detail) : std::runtime_error(detail), fault_(fault) {}
    [[nodiscard]] Fault fault() const { return fault_; }
    [[nodiscard]] TranscodeError value() const { return {fault_, what()}; }

private:
    Fault fault_;
};

}  // namespace musicspace::transcoder
