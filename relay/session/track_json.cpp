#include "relay/session/track_json.h"

#include <cmath>
#include <cstdint>

#include "relay/base/text.h"
#include "relay/json_text.h"
#include "transcoder/link.h"

namespace musicspace::relay {

std::variant<std::string, Problem> link_of(const nlohmann::json& object) {
    auto checked = transcoder::check_link(text_of(object, "link"));
    if (auto* error = std::get_if<transcoder::TranscodeError>(&checked)) return problem_of(*error);
    return std::get<std::string>(std::move(checked));
}

std::variant<transcoder::ListedTrack, Problem> track_of(const nlohmann::json& object) {
    constexpr double kLongestMs = 1e12;
    auto link = link_of(object);
    if (auto* problem = std::get_if<Problem>(&link)) return std::move(*problem);
    transcoder::ListedTrack track{std::get<std::string>(std::move(link)), shown_text(text_of(object, "title"), kTitleText),
                                  shown_text(text_of(object, "artist"), kArtistText)};
    if (const auto duration = number_of(object, "durationMs", 1, kLongestMs)) track.duration_ms = std::llround(*duration);
    return track;
}

}  // namespace musicspace::relay
