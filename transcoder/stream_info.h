#pragma once
// What a container tells about its audio. A value.

#include <optional>
#include <string>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

struct StreamInfo {
    std::optional<MediaDuration> duration;  ///< as the container tells; absent for live streams
    std::string title;                      ///< the file's own tags, may be empty
    std::string artist;
    bool passes_through = false;  ///< the source's own Opus packets are what the top tier carries
};

}  // namespace musicspace::transcoder
