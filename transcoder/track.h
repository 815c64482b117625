#pragma once
// What a link resolved to. A value; travels between threads by copy.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

struct Chapter {
    MediaTime start;
    std::string title;

    friend bool operator==(const Chapter&, const Chapter&) = default;
};

inline constexpr std::size_t kMostChapters = 100;

struct Track {
    std::string link;  ///< as the member gave it, or its own where that was a playlist's
    std::string title;
    std::string artist;       ///< empty when unknown
    std::string artwork_url;  ///< empty when there is none; http or https
    std::optional<MediaDuration> duration;
    std::vector<Chapter> chapters;  ///< by their start, kMostChapters at most; may be none
    bool is_live = false;
    bool of_playlist = false;  ///< the link leads to more: `link` is then this track's own

    std::string media_url;                                     ///< http(s) URL, or empty when `file` is set
    std::string file;                                          ///< a file of the server's own (the demo track)
    std::vector<std::pair<std::string, std::string>> headers;  ///< to send with every request for media_url
    std::optional<std::int64_t> chunk_bytes;                   ///< the site is faster with requests of at most so many bytes
};

}  // namespace musicspace::transcoder
