// Whatever a site makes yt-dlp print: a Track that keeps its promises, or a refusal with a sentence.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/demand.h"
#include "transcoder/listing.h"
#include "transcoder/resolver.h"
#include "transcoder/resolver_errors.h"

using namespace musicspace;
using namespace musicspace::transcoder;

namespace {

bool is_http(const std::string& url) { return url.starts_with("http://") || url.starts_with("https://"); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    demand(!explain_ytdlp_error(text).detail.empty());
    try {
        const Track track = track_from_ytdlp(text, "https://example.org/");
        demand(is_http(track.media_url));
        demand(track.artwork_url.empty() || is_http(track.artwork_url));
        demand(track.file.empty());
        demand(!track.duration || track.duration->count() > 0);
        demand(track.chapters.size() <= kMostChapters);
        demand(std::ranges::is_sorted(track.chapters, {}, &Chapter::start));
        demand(!track.chunk_bytes || *track.chunk_bytes > 0);
        demand(track.media_url.size() <= 16'384 && track.title.size() <= 65'536 && track.headers.size() <= 32);
        for (const auto& [name, value] : track.headers)
            demand(name.find_first_of("\r\n:") == std::string::npos && value.find_first_of("\r\n") == std::string::npos);
    } catch (const TranscodeFailure& failure) {
        demand(!failure.value().detail.empty());
    }
    try {
        const Listing listing = listing_from_ytdlp(text, "https://example.org/", 500);
        demand(!listing.entries.empty() && listing.entries.size() <= 500);
        for (const ListedTrack& entry : listing.entries) demand(entry.artwork_url.empty() || is_http(entry.artwork_url));
    } catch (const TranscodeFailure& failure) {
        demand(!failure.value().detail.empty());
    }
    return 0;
}
