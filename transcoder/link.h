#pragma once
// What a member may paste: an http or https link with a host, or one into the server's own library. Everything else is refused here,
// before any program sees it.

#include <string>
#include <string_view>
#include <variant>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

inline constexpr std::size_t kMaxLinkBytes = 2048;
inline constexpr std::string_view kDemoLink = "musicspace:demo";

/// The link without surrounding blanks, or why it is refused. Pure; no name is looked up.
[[nodiscard]] std::variant<std::string, TranscodeError> check_link(std::string_view text);

/// Host of an accepted link, lower case, without brackets around an IPv6 address.
[[nodiscard]] std::string host_of(const std::string& link);

}  // namespace musicspace::transcoder
