#include "transcoder/resolver_errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "transcoder/source/address_policy.h"

namespace musicspace::transcoder {

namespace {

struct Symptom {
    std::string_view text;  // lower case, as yt-dlp's message contains it
    Fault fault;
    std::string_view detail;
};

constexpr std::string_view kNotFound = "Nothing was found at this link. Check that it is complete and still works.";
constexpr std::string_view kPrivate = "This track is private: its site shows it only to people who are signed in.";
constexpr std::string_view kGeo = "This track is blocked in the country of this server.";
constexpr std::string_view kAge = "This track is age-restricted: its site wants a signed-in adult.";
constexpr std::string_view kBotCheck =
    "The site takes this server for a robot and wants it to sign in. Whoever hosts it finds what helps in docs/hosting.md (cookies).";
constexpr std::string_view kNotAllowed = "This server plays from certain sites only, and this is none of them.";
constexpr std::string_view kUnsupported = "No playable sound was found at this link.";
constexpr std::string_view kNetwork = "The site of this link cannot be reached from this server. Check the address, or try again later.";
constexpr std::string_view kBrokenOff = "The site's answer broke off, or is larger than this server takes. Try again, or try another link.";
constexpr std::string_view kOutdated =
    "The site has changed and this server's yt-dlp cannot read it (yet). Whoever hosts it finds what helps in docs/hosting.md.";

// Ordered: the more specific first. Within one site's message several of these can appear.
constexpr std::array kSymptoms{
    Symptom{"address not allowed", Fault::forbidden_target, kForbiddenTarget},  // EgressProxy's words
    Symptom{"not a bot", Fault::bot_check, kBotCheck},
    Symptom{"no suitable extractor", Fault::unsupported, kNotAllowed},
    Symptom{"private video", Fault::is_private, kPrivate},
    Symptom{"is private", Fault::is_private, kPrivate},
    Symptom{"login required", Fault::is_private, kPrivate},
    Symptom{"only available for registered users", Fault::is_private, kPrivate},
    Symptom{"age-restricted", Fault::age_restricted, kAge},
    Symptom{"confirm your age", Fault::age_restricted, kAge},
    Symptom{"geo restriction", Fault::geo_blocked, kGeo},
    Symptom{"geo-restricted", Fault::geo_blocked, kGeo},
    Symptom{"not available in your country", Fault::geo_blocked, kGeo},
    Symptom{"not available from your location", Fault::geo_blocked, kGeo},
    Symptom{"http error 404", Fault::not_found, kNotFound},
    Symptom{"http error 410", Fault::not_found, kNotFound},
    Symptom{"video unavailable", Fault::not_found, kNotFound},
    Symptom{"has been removed", Fault::not_found, kNotFound},
    Symptom{"does not exist", Fault::not_found, kNotFound},
    Symptom{"http error 401", Fault::is_private, kPrivate},
    Symptom{"http error 403", Fault::is_private, kPrivate},
    Symptom{"unsupported url", Fault::unsupported, kUnsupported},
    Symptom{"no video formats found", Fault::unsupported, kUnsupported},
    Symptom{"requested format is not available", Fault::unsupported, kUnsupported},
    Symptom{"name or service not known", Fault::no_network, kNetwork},
    Symptom{"temporary failure in name resolution", Fault::no_network, kNetwork},
    Symptom{"no address associated", Fault::no_network, kNetwork},
    Symptom{"connection refused", Fault::no_network, kNetwork},
    Symptom{"network is unreachable", Fault::no_network, kNetwork},
    Symptom{"no route to host", Fault::no_network, kNetwork},
    Symptom{"timed out", Fault::no_network, kNetwork},
    Symptom{"connection reset", Fault::no_network, kNetwork},
    Symptom{"incompleteread", Fault::no_network, kBrokenOff},
    Symptom{"remote end closed connection", Fault::no_network, kBrokenOff},
    Symptom{"unable to extract", Fault::outdated_ytdlp, kOutdated},
    Symptom{"please report this issue", Fault::outdated_ytdlp, kOutdated},
    Symptom{"confirm you are on the latest version", Fault::outdated_ytdlp, kOutdated},
};

}  // namespace

TranscodeError explain_ytdlp_error(std::string_view standard_error) {
    std::string text(standard_error);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const Symptom& symptom : kSymptoms) {
        if (text.find(symptom.text) != std::string::npos) return {symptom.fault, std::string(symptom.detail)};
    }
    return {Fault::unreadable, "This link could not be opened. Try another one; the server's log says more."};
}

}  // namespace musicspace::transcoder
