#include "relay/room/track_text.h"

#include <algorithm>

#include "relay/base/text.h"
#include "transcoder/link.h"

namespace musicspace::relay {

namespace {

void clean(std::string& title, std::string& artist) {
    title = shown_text(title, kTitleText);
    artist = shown_text(artist, kArtistText);
}

void clean(std::vector<transcoder::Chapter>& chapters) {
    if (chapters.size() > transcoder::kMostChapters) chapters.resize(transcoder::kMostChapters);
    for (transcoder::Chapter& chapter : chapters) chapter.title = shown_text(chapter.title, kChapterText);
    std::erase_if(chapters, [](const transcoder::Chapter& chapter) { return chapter.title.empty(); });
}

// Half an address is none.
void clean_address(std::string& url) {
    const bool hostile = std::ranges::any_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
    if (hostile || url.size() > transcoder::kMaxLinkBytes) url.clear();
}

}  // namespace

void clean(transcoder::Track& track) {
    clean(track.title, track.artist);
    clean(track.chapters);
    clean_address(track.artwork_url);
}

void clean(transcoder::StreamInfo& info) {
    clean(info.title, info.artist);
    clean(info.chapters);
}

void clean(transcoder::ListedTrack& track) {
    clean(track.title, track.artist);
    clean_address(track.artwork_url);
}

void clean(transcoder::Listing& listing) {
    for (transcoder::ListedTrack& track : listing.entries) clean(track);
}

void clean(transcoder::TranscodeError& error) { error.detail = shown_text(error.detail, kNoticeText); }

}  // namespace musicspace::relay
