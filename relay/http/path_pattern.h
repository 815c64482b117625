#pragma once
// Paths of calls, with one part that varies.

#include <optional>
#include <string>
#include <string_view>

namespace musicspace::relay {

/// Matches a path against a pattern like "/api/rooms/{}/members". Returns the part in place of {} (empty when the pattern has no {}), or
/// nothing when the path does not match.
[[nodiscard]] inline std::optional<std::string> match(std::string_view pattern, std::string_view path) {
    const auto hole = pattern.find("{}");
    if (hole == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
    const auto before = pattern.substr(0, hole);
    const auto after = pattern.substr(hole + 2);
    if (path.size() < before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
    const auto part = path.substr(before.size(), path.size() - before.size() - after.size());
    if (part.empty() || part.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(part);
}

}  // namespace musicspace::relay
