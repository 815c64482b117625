#include "transcoder/ytdlp_json.h"

#include <cmath>

namespace musicspace::transcoder {

std::string text_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string first_of(const nlohmann::json& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (std::string text = text_of(object, key); !text.empty()) return text;
    }
    return {};
}

std::optional<MediaDuration> duration_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    const double seconds = found->get<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds >= 1e8) return std::nullopt;
    return MediaDuration(std::llround(seconds * static_cast<double>(kSampleRate)));
}

bool is_http(const std::string& url) { return url.starts_with("http://") || url.starts_with("https://"); }

}  // namespace musicspace::transcoder
