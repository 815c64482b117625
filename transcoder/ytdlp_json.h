#pragma once
// Reading what yt-dlp prints: every field may be missing or of another kind than expected. Used by the resolver and the listing only.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

/// Empty when there is no such text.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* key);
/// The first that is not empty.
[[nodiscard]] std::string first_of(const nlohmann::json& object, std::initializer_list<const char*> keys);
/// Given in seconds; nothing for what is no length or position of a track.
[[nodiscard]] std::optional<MediaDuration> duration_of(const nlohmann::json& object, const char* key);
[[nodiscard]] bool is_http(const std::string& url);

}  // namespace musicspace::transcoder
