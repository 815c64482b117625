#pragma once
// A sign-in, under which tokens are issued and memberships made. A value.

#include <cstdint>

namespace musicspace::relay {

/// One sign-in of an account on one device.
struct AccountSession {
    std::int64_t account = 0;     ///< 0: a guest
    std::int64_t session = 0;     ///< 0: the sign-in is older than the numbers of sessions
    std::int64_t generation = 0;  ///< of the account's tokens; see Revocations

    friend bool operator==(const AccountSession&, const AccountSession&) = default;
};

}  // namespace musicspace::relay
