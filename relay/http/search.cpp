#include "relay/http/search.h"

#include <algorithm>
#include <utility>

#include "relay/room/track_text.h"

namespace musicspace::relay {

namespace {

constexpr std::size_t kMostFound = 12;
constexpr std::size_t kMostRemembered = 200;
constexpr std::chrono::minutes kRemembered{10};

Problem too_many_searches(AddressBudgets::Wait wait) {
    return {429, "too-many-searches", "Too many searches", "You have searched often within the last minute. Wait a little, then go on.",
            whole_seconds(wait)};
}

}  // namespace

void Search::find(const std::string& address, std::int64_t member, const std::string& words, ServerTime now, Done done) {
    forget_old(now);
    if (const auto known = entries_.find(words); known != entries_.end()) {
        if (known->second.work) {
            known->second.waiting.push_back(std::move(done));
        } else {
            done(known->second.listing);
        }
        return;
    }
    auto wait = rate_.spend(member, 1, now);
    if (wait == AddressBudgets::Wait::zero()) wait = budgets_.take_search(address, now);
    if (wait != AddressBudgets::Wait::zero()) {
        done(too_many_searches(wait));
        return;
    }
    using Answer = transcoder::Transcoder::ListedOrError;
    const transcoder::TranscodeError busy{transcoder::Fault::too_busy, "Many people are searching just now. Try again in a moment."};
    auto work = shares_.run<Answer>(
        WorkShares::Kind::list, address,
        [this, words](auto finished) { return transcoder_.search(words, kMostFound, std::move(finished)); },
        [this, words](Answer listed) { answer(words, std::move(listed)); }, busy);
    if (!work) {
        done(problem_of(busy));
        return;
    }
    Entry& entry = entries_[words];
    entry.asked_at = now;
    entry.work = std::move(work);
    entry.waiting.push_back(std::move(done));
}

void Search::answer(const std::string& words, transcoder::Transcoder::ListedOrError listed) {
    const auto found = entries_.find(words);
    if (found == entries_.end()) return;
    const auto waiting = std::exchange(found->second.waiting, {});
    if (auto* error = std::get_if<transcoder::TranscodeError>(&listed)) {
        clean(*error);
        entries_.erase(found);  // the next try may succeed
        for (const Done& done : waiting) done(problem_of(*error));
        return;
    }
    found->second.work.reset();
    found->second.listing = std::get<transcoder::Listing>(std::move(listed));
    clean(found->second.listing);
    const transcoder::Listing listing = found->second.listing;
    for (const Done& done : waiting) done(listing);
}

// A search that still runs stays: somebody waits for it.
void Search::forget_old(ServerTime now) {
    std::erase_if(entries_, [&](const auto& entry) { return !entry.second.work && now - entry.second.asked_at > kRemembered; });
    while (entries_.size() >= kMostRemembered) {
        const auto oldest = std::ranges::min_element(
            entries_, {}, [](const auto& entry) { return std::pair(entry.second.work != nullptr, entry.second.asked_at); });
        if (oldest->second.work) return;
        entries_.erase(oldest);
    }
}

}  // namespace musicspace::relay
