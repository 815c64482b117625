#pragma once
// Searches of a site through yt-dlp, for members. Results are kept for a while, and requests for the same words share one search.
// Owned by main; I/O thread; takes time as an argument.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "relay/address_budgets.h"
#include "relay/problem.h"
#include "relay/rate_limit.h"
#include "relay/work_shares.h"
#include "transcoder/transcoder.h"

namespace musicspace::relay {

class Search {
public:
    using Found = std::variant<transcoder::Listing, Problem>;
    using Done = std::function<void(const Found&)>;

    Search(transcoder::Transcoder& transcoder, AddressBudgets& budgets, WorkShares& shares)
        : transcoder_(transcoder), budgets_(budgets), shares_(shares) {}

    /// Searches for `words` (one line) for a member at `address`. `done` is called once, now or later.
    void find(const std::string& address, std::int64_t member, const std::string& words, ServerTime now, Done done);

private:
    struct Entry {
        ServerTime asked_at;
        std::unique_ptr<transcoder::PendingWork> work;
        std::vector<Done> waiting;
        transcoder::Listing listing;
    };
    void answer(const std::string& words, transcoder::Transcoder::ListedOrError listed);
    void forget_old(ServerTime now);

    transcoder::Transcoder& transcoder_;
    AddressBudgets& budgets_;
    WorkShares& shares_;
    RateLimit<std::int64_t> rate_{30, std::chrono::minutes(1)};
    std::map<std::string, Entry> entries_;
};

}  // namespace musicspace::relay
