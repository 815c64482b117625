#pragma once
// What a container tells about its audio. A value.

#include <optional>
#include <string>
#include <vector>

#include "transcoder/track.h"

namespace musicspace::transcoder {

struct StreamInfo {
    std::optional<MediaDuration> duration;  ///< as the container tells; absent for live streams
    std::string title;                      ///< the file's own tags, may be empty
    std::string artist;
    std::vector<Chapter> chapters;
    bool passes_through = false;  ///< the source's own Opus packets are what the top tier carries
};

}  // namespace musicspace::transcoder
