#pragma once
// Limits how often passwords of accounts may be tried. Tries are counted by the account's key in Postgres, not by the name as it was typed.
// Pure; takes time as an argument. I/O thread.
// - An address has a number of tries for one account, and another number for all accounts together.
// - An account has a number of tries from all addresses together. A device that has signed in to it before has tries of its own, so that
//   an attacker with many addresses does not lock the owner out.

#include <algorithm>
#include <string>

#include "relay/rate_limit.h"

namespace musicspace::relay {

struct TryLimits {
    unsigned of_address_for_account = 10;  ///< each within a minute
    unsigned of_address = 30;
    unsigned of_account = 100;
    unsigned of_device = 10;
};

class SignInTries {
public:
    explicit SignInTries(TryLimits limits = {})
        : pairs_(limits.of_address_for_account, kWindow),
          addresses_(limits.of_address, kWindow),
          accounts_(limits.of_account, kWindow),
          devices_(limits.of_device, kWindow) {}

    using Wait = ServerClock::duration;

    /// How long to wait before the next try; zero: this one is allowed, and has been counted. `account`: the account's key, whether there
    /// is such an account or not. An empty `address` has no limit for all accounts together.
    [[nodiscard]] Wait take(const std::string& address, const std::string& account, ServerTime now) {
        const std::string pair = address + "/" + account;
        const Wait wait = std::max({address.empty() ? Wait::zero() : addresses_.wait(address, 1, now), pairs_.wait(pair, 1, now),
                                    accounts_.wait(account, 1, now)});
        if (wait != Wait::zero()) return wait;
        if (!address.empty()) addresses_.charge(address, 1, now);
        pairs_.charge(pair, 1, now);
        accounts_.charge(account, 1, now);
        return wait;
    }

    /// The same for a device that has signed in to the account before, in the session `session`.
    [[nodiscard]] Wait take_of_device(std::int64_t session, ServerTime now) { return devices_.spend(session, 1, now); }

private:
    static constexpr std::chrono::minutes kWindow{1};

    RateLimit<std::string> pairs_;
    RateLimit<std::string> addresses_;
    RateLimit<std::string> accounts_;
    RateLimit<std::int64_t> devices_;
};

}  // namespace musicspace::relay
