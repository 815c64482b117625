#include "relay/problem.h"

#include <nlohmann/json.hpp>

namespace musicspace::relay {

Problem problem_of(const Rejection& rejection) {
    switch (rejection.refusal) {
        case Refusal::stale_epoch:
            return {409, "stale-epoch", "The room has changed", rejection.detail};
        case Refusal::nothing_playing:
            return {409, "nothing-playing", "Nothing is playing", rejection.detail};
        case Refusal::not_seekable:
            return {409, "not-seekable", "This track cannot be seeked", rejection.detail};
        case Refusal::not_allowed:
            return {403, "not-allowed", "Not allowed in this room", rejection.detail};
        case Refusal::not_here:
            return {404, "not-here", "Not in this room", rejection.detail};
        case Refusal::too_fast:
            return {429, "too-fast", "Too fast", rejection.detail};
        case Refusal::too_many_bans:
            return {409, "too-many-bans", "Too many bans", rejection.detail};
        case Refusal::account_needed:
            return {403, "account-needed", "An account is needed", rejection.detail};
        case Refusal::too_many_kept:
            return {409, "too-many-kept", "Too many rooms are kept", rejection.detail};
        case Refusal::not_applicable:
            return {409, "not-applicable", "The room has moved on", rejection.detail};
        case Refusal::queue_full:
            return {409, "queue-full", "The queue is full", rejection.detail};
        case Refusal::not_queued:
            return {409, "not-queued", "Not in the queue", rejection.detail};
        case Refusal::too_many_links:
            return {429, "too-many-links", "Too many links at once", rejection.detail};
    }
    return {};
}

Problem problem_of(const transcoder::TranscodeError& error) {
    using transcoder::Fault;
    switch (error.fault) {
        case Fault::bad_link:
            return {422, "bad-link", "Not a playable link", error.detail};
        case Fault::forbidden_target:
            return {422, "forbidden-target", "Private addresses are not played from", error.detail};
        case Fault::not_found:
            return {422, "not-found", "Nothing found at this link", error.detail};
        case Fault::is_private:
            return {422, "private", "Private track", error.detail};
        case Fault::geo_blocked:
            return {422, "geo-blocked", "Blocked in the server's country", error.detail};
        case Fault::age_restricted:
            return {422, "age-restricted", "Age-restricted track", error.detail};
        case Fault::unsupported:
            return {422, "unsupported", "No playable sound", error.detail};
        case Fault::too_long:
            return {422, "too-long", "The track is too long", error.detail};
        case Fault::no_audio:
            return {422, "no-audio", "No sound at this link", error.detail};
        case Fault::unreadable:
        case Fault::changed:
            return {422, "unreadable", "The track cannot be read", error.detail};
        case Fault::no_network:
            return {502, "no-network", "The site cannot be reached", error.detail};
        case Fault::outdated_ytdlp:
            return {502, "outdated-yt-dlp", "This server's yt-dlp is too old", error.detail};
        case Fault::bot_check:
            return {502, "bot-check", "The site wants a sign-in", error.detail};
        case Fault::timed_out:
            return {504, "timed-out", "The site took too long", error.detail};
        case Fault::too_busy:
            return {503, "too-busy", "The server is busy", error.detail};
        case Fault::disk_full:
            return {507, "disk-full", "The server's disk is full", error.detail};
        case Fault::cancelled:
            return {409, "superseded", "Replaced by a newer link", error.detail};
        case Fault::internal:
            return {500, "internal", "The server failed", error.detail};
    }
    return {};
}

Problem bad_message(std::string detail) { return {400, "bad-message", "The message is not understood", std::move(detail)}; }

Problem database_away() {
    return {503, "database-away", "The database cannot be reached", "Nothing can be stored just now. Try again in a moment."};
}

Problem hashing_busy() {
    return {503, "too-busy", "The server is busy", "Many passwords are being checked just now. Try again in a moment."};
}

std::string problem_json(const Problem& problem) {
    nlohmann::json object{{"type", "urn:musicspace:problem:" + problem.code},
                          {"code", problem.code},
                          {"title", problem.title},
                          {"status", problem.status},
                          {"detail", problem.detail}};
    if (problem.retry_after) object["retryAfterSeconds"] = *problem.retry_after;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace musicspace::relay
