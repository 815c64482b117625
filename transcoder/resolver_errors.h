#pragma once
// From yt-dlp's standard error to one sentence a person understands. Pure.

#include <string_view>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

[[nodiscard]] TranscodeError explain_ytdlp_error(std::string_view standard_error);

}  // namespace musicspace::transcoder
