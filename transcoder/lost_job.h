#pragma once
// What a member reads when a job of theirs was lost.

#include "transcoder/transcode_error.h"
#include "transcoder/worker_threads.h"

namespace musicspace::transcoder {

[[nodiscard]] inline TranscodeError explained(LostJob why) {
    if (why == LostJob::no_thread) return {Fault::too_busy, "The server has no thread left for this just now. Try again in a moment."};
    return {Fault::internal, "The server failed at this. Whoever hosts it finds the reason in the log."};
}

}  // namespace musicspace::transcoder
