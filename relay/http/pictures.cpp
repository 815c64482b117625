#include "relay/http/pictures.h"

#include <algorithm>
#include <utility>

namespace musicspace::relay {

namespace {

constexpr std::size_t kMostKeptBytes = 16U << 20U;
constexpr std::size_t kMostEntries = 500;
constexpr std::chrono::minutes kKept{10};
constexpr std::chrono::minutes kMissingKept{1};
constexpr std::int64_t kHalfHour = 30 * 60;

Problem no_picture() { return {404, "no-artwork", "No picture", "There is no picture at this address."}; }

Problem too_many_pictures() { return {503, "too-busy", "The server is busy", "Many pictures are being fetched. Try again in a moment."}; }

std::string sealed_text(const PictureRight& right, const std::string& url) {
    return "picture " + std::to_string(right.room_id) + " " + std::to_string(right.member_id) + " " + std::to_string(right.until) + " " +
           url;
}

}  // namespace

std::int64_t picture_right_ends(std::int64_t now_unix) { return (now_unix / kHalfHour + 2) * kHalfHour; }

std::string picture_seal(const Tokens& tokens, const PictureRight& right, const std::string& url) {
    return tokens.seal(sealed_text(right, url));
}

bool may_see_picture(const Tokens& tokens, const PictureRight& right, const std::string& url, const std::string& seal,
                     std::int64_t now_unix) {
    return now_unix < right.until && tokens.is_seal(sealed_text(right, url), seal);
}

void Pictures::fetch(const std::string& url, const std::string& address, ServerTime now, Done done) {
    forget(now);
    if (const auto known = entries_.find(url); known != entries_.end()) {
        if (known->second.work) {
            known->second.waiting.push_back(std::move(done));
        } else {
            done(known->second.picture ? Found(known->second.picture) : Found(no_picture()));
        }
        return;
    }
    using Fetched = std::optional<transcoder::Artwork>;
    auto work = entries_.size() >= kMostEntries
                    ? nullptr
                    : shares_.run<Fetched>(
                          WorkShares::Kind::picture, address,
                          [this, url](auto finished) { return transcoder_.fetch_artwork(url, std::move(finished)); },
                          [this, url](Fetched picture) { answer(url, std::move(picture)); }, Fetched());
    if (!work) {
        done(too_many_pictures());
        return;
    }
    Entry& entry = entries_[url];
    entry.asked_at = now;
    entry.work = std::move(work);
    entry.waiting.push_back(std::move(done));
}

void Pictures::answer(const std::string& url, std::optional<transcoder::Artwork> picture) {
    const auto found = entries_.find(url);
    if (found == entries_.end()) return;
    found->second.work.reset();
    if (picture) {
        found->second.picture = std::make_shared<const transcoder::Artwork>(*std::move(picture));
        bytes_ += found->second.picture->bytes.size();
    }
    const Picture kept = found->second.picture;
    for (const Done& done : std::exchange(found->second.waiting, {})) done(kept ? Found(kept) : Found(no_picture()));
}

void Pictures::drop(Entries::iterator entry) {
    if (entry->second.picture) bytes_ -= entry->second.picture->bytes.size();
    entries_.erase(entry);
}

// A picture that is still being fetched stays: somebody waits for it.
void Pictures::forget(ServerTime now) {
    for (auto each = entries_.begin(); each != entries_.end();) {
        const auto entry = each++;
        const auto kept = entry->second.picture ? kKept : kMissingKept;
        if (!entry->second.work && now - entry->second.asked_at > kept) drop(entry);
    }
    while (bytes_ > kMostKeptBytes || entries_.size() >= kMostEntries) {
        const auto oldest = std::ranges::min_element(
            entries_, {}, [](const auto& entry) { return std::pair(entry.second.work != nullptr, entry.second.asked_at); });
        if (oldest == entries_.end() || oldest->second.work) return;
        drop(oldest);
    }
}

}  // namespace musicspace::relay
