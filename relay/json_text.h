#pragma once
// JSON to and from text, where either side may be anything.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace musicspace::relay {

/// Text that is no UTF-8 is mended.
[[nodiscard]] inline std::string dumped(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The object that `text` is; null for anything else.
[[nodiscard]] inline nlohmann::json object_of(std::string_view text) {
    nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
    return parsed.is_object() ? parsed : nlohmann::json(nullptr);
}

/// Empty when there is no such text, or one with a NUL: C's libraries, Postgres's among them, would read another.
[[nodiscard]] inline std::string text_of(const nlohmann::json& object, const char* key) {
    if (!object.is_object()) return {};
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return {};
    const auto& text = found->get_ref<const std::string&>();
    return text.find('\0') == std::string::npos ? text : std::string();
}

/// From `least` to `most`; nothing for any other number, and for what is none.
[[nodiscard]] inline std::optional<double> number_of(const nlohmann::json& object, const char* key, double least, double most) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    const double value = found->get<double>();
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

/// The whole number that `json` is, where it lies between the bounds.
[[nodiscard]] inline std::optional<std::int64_t> whole_of(const nlohmann::json& json, std::int64_t least, std::int64_t most) {
    if (!json.is_number_integer()) return std::nullopt;
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    const auto value = json.get<std::int64_t>();
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

template <typename Value>
[[nodiscard]] nlohmann::json or_null(const std::optional<Value>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

/// What all lists of tracks tell of each.
template <typename Track>
[[nodiscard]] nlohmann::json track_fields(const Track& track) {
    return {{"link", track.link}, {"title", track.title}, {"artist", track.artist}, {"durationMs", or_null(track.duration_ms)}};
}

}  // namespace musicspace::relay
