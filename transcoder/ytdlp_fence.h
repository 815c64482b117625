#pragma once
// What yt-dlp may read and write: the system's libraries, the program and its interpreter wherever they lie, what its arguments and
// variables name; nothing else of the disk.

#include <map>
#include <string>
#include <vector>

#include "transcoder/fence/landlock.h"

namespace musicspace::transcoder {

struct YtdlpPlaces {
    std::string program;     ///< as it is started: a path, or a name in PATH
    std::string js_runtime;  ///< empty: none
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< names of variables that the host passes on
    std::string scratch;                   ///< a folder of this call's own
    std::string cache;                     ///< a folder of all calls'
};

[[nodiscard]] LandlockRules files_of_ytdlp(const YtdlpPlaces& places);

/// The folder of `program`, and of its interpreter what belongs to it: a virtual environment, a Python and its packages.
[[nodiscard]] std::vector<std::string> places_of_program(const std::string& program);

/// The absolute paths in `text`, which may hold several, separated by = : and ,
[[nodiscard]] std::vector<std::string> paths_in(const std::string& text);

}  // namespace musicspace::transcoder
