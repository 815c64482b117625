#pragma once
// How often passwords of accounts may be tried: counted by what Postgres will look up, never by what was typed. Pure; takes time as an
// argument. I/O thread.
// - An address has so many tries for one account, and so many for all.
// - An account has so many from all addresses together; but a device that has signed in to it before has its own, so that an attacker
//   with many addresses locks no owner out.

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

    /// How long to wait; zero: it may be tried now, which counts. `account`: its key in Postgres, or what would be that. An empty
    /// `address` is not told apart from others and has no limit of its own.
    [[nodiscard]] Wait take(const std::string& address, const std::string& account, ServerTime now) {
        if (!address.empty()) {
            const Wait wait = addresses_.spend(address, 1, now);
            if (wait != Wait::zero()) return wait;
        }
        const Wait wait = pairs_.spend(address + "/" + account, 1, now);
        return wait != Wait::zero() ? wait : accounts_.spend(account, 1, now);
    }

    /// Of a device that has signed in to the account before; `session` is what it was given then.
    [[nodiscard]] Wait take_of_device(std::int64_t session, ServerTime now) { return devices_.spend(session, 1, now); }

private:
    static constexpr std::chrono::minutes kWindow{1};

    RateLimit<std::string> pairs_;
    RateLimit<std::string> addresses_;
    RateLimit<std::string> accounts_;
    RateLimit<std::int64_t> devices_;
};

}  // namespace musicspace::relay
