#include "transcoder/listing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "transcoder/link.h"
#include "transcoder/ytdlp_json.h"

namespace musicspace::transcoder {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestText = 300;

// Sites give any length; half a character at the end is mended where the text is written.
std::string shortened(std::string text) {
    if (text.size() > kLongestText) text.resize(kLongestText);
    return text;
}

// The smallest that is not tiny: it is shown beside a line of text.
std::string thumbnail_of(const Json& info) {
    constexpr double kWideEnough = 160;
    std::string best;
    double best_width = 0;
    if (const auto all = info.find("thumbnails"); all != info.end() && all->is_array()) {
        for (const Json& each : *all) {
            if (!each.is_object() || !is_http(text_of(each, "url"))) continue;
            const auto width = each.find("width");
            const double wide = width != each.end() && width->is_number() ? width->get<double>() : 0;
            const bool better = best.empty() || (best_width < kWideEnough ? wide > best_width : wide >= kWideEnough && wide < best_width);
            if (better) {
                best = text_of(each, "url");
                best_width = wide;
            }
        }
    }
    if (best.empty() && is_http(text_of(info, "thumbnail"))) best = text_of(info, "thumbnail");
    return best;
}

ListedTrack track_of(const Json& info, const std::string& link) {
    ListedTrack track;
    track.link = link;
    track.title = shortened(first_of(info, {"track", "title", "fulltitle", "id"}));
    track.artist = shortened(first_of(info, {"artist", "creator", "uploader", "channel"}));
    if (const auto length = duration_of(info, "duration"); length > MediaDuration{0})
        track.duration_ms = length->count() * 1000 / kSampleRate;
    track.artwork_url = thumbnail_of(info);
    return track;
}

}  // namespace

Listing listing_from_ytdlp(std::string_view json, const std::string& link, std::size_t most) {
    const auto answer = read_answer(json);
    if (!answer) throw TranscodeFailure(Fault::internal, "yt-dlp gave an answer that could not be read.");
    const Json& parsed = *answer;
    Listing listing;
    const auto entries = parsed.find("entries");
    if (entries == parsed.end()) {
        listing.entries.push_back(track_of(parsed, link));
        return listing;
    }
    if (!entries->is_array()) throw TranscodeFailure(Fault::unsupported, "This playlist has nothing to play.");
    listing.playlist = true;
    for (const Json& entry : *entries) {
        if (!entry.is_object() || listing.entries.size() >= most) continue;
        auto checked = check_link(first_of(entry, {"webpage_url", "url"}));
        if (auto* good = std::get_if<std::string>(&checked)) listing.entries.push_back(track_of(entry, *good));
    }
    if (listing.entries.empty()) throw TranscodeFailure(Fault::unsupported, "This playlist has nothing to play.");
    std::size_t all = entries->size();
    if (const auto count = parsed.find("playlist_count"); count != parsed.end() && count->is_number_unsigned())
        all = std::max(all, count->get<std::size_t>());
    listing.left_out = all > most ? all - most : 0;
    return listing;
}

}  // namespace musicspace::transcoder
