#pragma once
// Tracks as programs and pages name them: a link, and what is known of it.

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/problem.h"
#include "transcoder/listing.h"

namespace musicspace::relay {

/// The `link` of `object`, or why it is none that may be opened.
[[nodiscard]] std::variant<std::string, Problem> link_of(const nlohmann::json& object);

/// `object`'s `link` with its `title`, `artist` and `durationMs`: these are shown until the link is opened, so that what is wrong with them
/// is left out.
[[nodiscard]] std::variant<transcoder::ListedTrack, Problem> track_of(const nlohmann::json& object);

/// track_fields() of a track as the database gave it back, which an older server may have written.
template <typename Track>
[[nodiscard]] nlohmann::json shown_track_fields(const Track& track) {
    nlohmann::json fields = track_fields(track);
    fields["title"] = shown_text(track.title, kTitleText);
    fields["artist"] = shown_text(track.artist, kArtistText);
    return fields;
}

}  // namespace musicspace::relay
