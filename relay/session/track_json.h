#pragma once
// Tracks as programs and pages name them: a link, and what is known of it.

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "relay/problem.h"
#include "transcoder/listing.h"

namespace musicspace::relay {

/// The `link` of `object`, or why it is none that may be opened.
[[nodiscard]] std::variant<std::string, Problem> link_of(const nlohmann::json& object);

/// `object`'s `link` with its `title`, `artist` and `durationMs`: these are shown until the link is opened, so that what is wrong with them
/// is left out.
[[nodiscard]] std::variant<transcoder::ListedTrack, Problem> track_of(const nlohmann::json& object);

}  // namespace musicspace::relay
