#pragma once
// The sign-in that something was done under. A value.

#include <cstdint>

namespace musicspace::relay {

/// One sign-in of an account on one device.
struct AccountSession {
    std::int64_t account = 0;     ///< 0: a guest
    std::int64_t session = 0;     ///< 0: from before sessions had numbers
    std::int64_t generation = 0;  ///< of the account's tokens; see Revocations

    friend bool operator==(const AccountSession&, const AccountSession&) = default;
};

}  // namespace musicspace::relay
