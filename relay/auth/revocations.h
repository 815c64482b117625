#pragma once
// Says which tokens are void although they have not expired. It is kept in memory, so that no request has to wait for Postgres, which has
// the same rows for the next start. Each row is kept for as long as the tokens live that it may concern. Owned by main; I/O thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "relay/auth/account_session.h"

namespace musicspace::relay {

class Revocations {
public:
    /// The life of a refresh token, which no other token outlives.
    static constexpr std::chrono::hours kKept{24 * 30};

    /// All of the account's tokens of lower generations are void. `at_unix`: seconds since 1970.
    void end_account(std::int64_t account, std::int64_t lowest_generation, std::int64_t at_unix) {
        auto& ended = accounts_[account];
        if (lowest_generation <= ended.lowest) return;
        ended = {lowest_generation, at_unix};
        // Sessions that were ended one by one have lower generations, so they are void already.
        sessions_.erase(sessions_.lower_bound({account, INT64_MIN}), sessions_.upper_bound({account, INT64_MAX}));
        forget_old(at_unix);
    }

    void end_session(std::int64_t account, std::int64_t session, std::int64_t at_unix) {
        sessions_.emplace(std::pair(account, session), at_unix);
        forget_old(at_unix);
    }

    /// Whether this sign-in has ended, and its tokens are void. A guest's never ends.
    [[nodiscard]] bool ended(const AccountSession& signed_in) const {
        if (signed_in.account == 0) return false;
        const auto account = accounts_.find(signed_in.account);
        if (account != accounts_.end() && signed_in.generation < account->second.lowest) return true;
        return sessions_.contains({signed_in.account, signed_in.session});
    }

    [[nodiscard]] std::size_t size() const { return accounts_.size() + sessions_.size(); }

private:
    struct EndedAccount {
        std::int64_t lowest = 0;  ///< lowest generation whose tokens are good
        std::int64_t at = 0;
    };

    // Drops old rows, once a day at most.
    void forget_old(std::int64_t now_unix) {
        constexpr std::int64_t kPause = 24 * 60 * 60;
        if (now_unix < forgotten_at_ + kPause) return;
        forgotten_at_ = now_unix;
        const std::int64_t oldest = now_unix - std::chrono::seconds(kKept).count();
        std::erase_if(accounts_, [oldest](const auto& entry) { return entry.second.at <= oldest; });
        std::erase_if(sessions_, [oldest](const auto& entry) { return entry.second <= oldest; });
    }

    std::map<std::int64_t, EndedAccount> accounts_;
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> sessions_;  ///< by account and session: when it was ended
    std::int64_t forgotten_at_ = 0;
};

}  // namespace musicspace::relay
