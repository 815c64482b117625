#pragma once
// Reading what yt-dlp prints: it may be of any size and shape, every field may be missing or of another kind than expected. Used by the
// resolver and the listing only.

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

/// What of an answer is taken. Real ones: 500 entries of a playlist are 1 MB and 20 fields each, five levels deep.
struct AnswerLimits {
    std::size_t depth = 32;                  ///< of the answer, whether it is kept or not
    std::size_t text_bytes = 4U << 20U;      ///< of one string, as it is written in the answer
    std::size_t kept_values = 100'000;       ///< numbers, strings, lists and objects
    std::size_t kept_bytes = 8U << 20U;      ///< of all strings that are kept
    std::size_t kept_text_bytes = 64 << 10;  ///< of one string; what is behind is cut off
};

/// The fields of `json` that are read here (a table in ytdlp_json.cpp), without the rest, which is most of it: formats, captions,
/// fragments. Nothing when it is no object, or more than `limits` allow. Needs some 2 times the memory of `json`, whatever it holds,
/// and 3 times where characters in it are cut in half.
[[nodiscard]] std::optional<nlohmann::json> read_answer(std::string_view json, const AnswerLimits& limits = {});

/// Empty when there is no such text.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* key);
/// The first that is not empty.
[[nodiscard]] std::string first_of(const nlohmann::json& object, std::initializer_list<const char*> keys);
/// Given in seconds; nothing for what is no length or position of a track.
[[nodiscard]] std::optional<MediaDuration> duration_of(const nlohmann::json& object, const char* key);
/// Of a length that servers take.
[[nodiscard]] bool is_http(const std::string& url);

}  // namespace musicspace::transcoder
