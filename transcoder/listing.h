#pragma once
// What a playlist or a search holds, before any of it is opened. Values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace musicspace::transcoder {

/// A link and what is known of it before it is opened.
struct ListedTrack {
    std::string link{};  ///< accepted by check_link()
    std::string title{};
    std::string artist{};
    std::optional<std::int64_t> duration_ms{};
    std::string artwork_url{};  ///< http(s), small; empty when there is none

    friend bool operator==(const ListedTrack&, const ListedTrack&) = default;
};

struct Listing {
    std::vector<ListedTrack> entries;
    bool playlist = false;     ///< else it is the one track that the link leads to
    std::size_t left_out = 0;  ///< there are so many more, as far as is known
};

/// The listing in what `yt-dlp --flat-playlist -J` printed for `link`, `most` entries at most. Entries without a link that can be played
/// are left out. Throws TranscodeFailure. Pure.
[[nodiscard]] Listing listing_from_ytdlp(std::string_view json, const std::string& link, std::size_t most);

}  // namespace musicspace::transcoder
