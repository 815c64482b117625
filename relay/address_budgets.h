#pragma once
// The budgets of each address: commands, bytes to be parsed and to be answered, tried room codes, memberships, links, searches. Shared by
// all rooms and connections; owned by main; I/O thread; time is an argument. An address is a key made by client_address.h; the empty one,
// this machine, has no limits. take_...() returns how long to wait, and zero when the cost was spent.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "relay/address_bans.h"
#include "relay/rate_limit.h"

namespace musicspace::relay {

struct AddressLimits {
    unsigned links_per_minute = 120;   ///< several people may be behind one address; 0: any number
    unsigned codes_per_minute = 30;    ///< tries of codes that lead to no room; 0: any number
    unsigned members_per_10min = 200;  ///< as many as an address may have connections; 0: any number
};

class AddressBudgets {
public:
    using Wait = ServerClock::duration;

    explicit AddressBudgets(AddressLimits limits)
        : codes_(limits.codes_per_minute, std::chrono::minutes(1)),
          members_(limits.members_per_10min, std::chrono::minutes(10)),
          links_(limits.links_per_minute, std::chrono::minutes(1)) {}

    [[nodiscard]] AddressBans& bans() { return bans_; }
    [[nodiscard]] bool banned(const std::string& address) const { return bans_.contains(address); }

    /// `cost` of a command: see rate_class.h.
    [[nodiscard]] Wait take_command(const std::string& address, std::uint64_t cost, ServerTime now) {
        return spend(commands_, address, cost, now);
    }
    /// `bytes` of JSON to be parsed.
    [[nodiscard]] Wait take_text(const std::string& address, std::uint64_t bytes, ServerTime now) {
        return spend(texts_, address, bytes, now);
    }
    /// `bytes` of a room's state to be sent.
    [[nodiscard]] Wait take_answer(const std::string& address, std::uint64_t bytes, ServerTime now) {
        return spend(answers_, address, bytes, now);
    }
    /// Spends `bytes` for an answer that is sent in any case; those beyond the budget delay the next one.
    void charge_answer(const std::string& address, std::uint64_t bytes, ServerTime now) {
        if (!address.empty()) answers_.charge(address, bytes, now);
    }
    /// How long until another code may be tried.
    [[nodiscard]] Wait code_wait(const std::string& address, ServerTime now) const {
        return address.empty() ? Wait::zero() : codes_.wait(address, 1, now);
    }
    /// Counts the try of a code that led to no room.
    void charge_code(const std::string& address, ServerTime now) {
        if (!address.empty()) codes_.charge(address, 1, now);
    }
    [[nodiscard]] Wait take_member(const std::string& address, std::int64_t room, ServerTime now) {
        const Wait wait = spend(members_, address, 1, now);
        return wait != Wait::zero() || address.empty() ? wait : room_members_.spend(room, 1, now);
    }
    [[nodiscard]] Wait take_link(const std::string& address, ServerTime now) { return spend(links_, address, 1, now); }
    [[nodiscard]] Wait take_search(const std::string& address, ServerTime now) { return spend(searches_, address, 1, now); }

private:
    using Limit = RateLimit<std::string>;
    static Wait spend(Limit& limit, const std::string& address, std::uint64_t cost, ServerTime now) {
        return address.empty() ? Wait::zero() : limit.spend(address, cost, now);
    }

    AddressBans bans_;
    // A page sends a command now and then; a home or an office has several. 100 a second in the long run.
    Limit commands_{400, std::chrono::seconds(4)};
    // Four of the largest playlists at once, 256 KB a second in the long run: some 3 ms of the I/O thread.
    Limit texts_{2U << 20U, std::chrono::seconds(8)};
    // 4 MB a second in the long run.
    Limit answers_{32U << 20U, std::chrono::seconds(8)};
    Limit codes_;
    Limit members_;
    Limit links_;
    Limit searches_{60, std::chrono::minutes(1)};
    // Ten thousand may come at once to a room that was announced somewhere, then 20 a second.
    RateLimit<std::int64_t> room_members_{12'000, std::chrono::minutes(10)};
};

/// A wait in whole seconds, at least one, for people and for Retry-After.
[[nodiscard]] inline unsigned whole_seconds(AddressBudgets::Wait wait) {
    return static_cast<unsigned>(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

}  // namespace musicspace::relay
