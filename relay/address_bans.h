#pragma once
// Addresses that the people who run the server have banned, as keys made by client_address.h: a whole IPv4 address, or the /64 of an IPv6
// one. Kept in Postgres; owned by main; I/O thread.

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace musicspace::relay {

class AddressBans {
public:
    static constexpr std::size_t kMost = 10'000;

    /// The key of an address that somebody has typed; nothing when it is no address, or this machine's.
    [[nodiscard]] static std::optional<std::string> key_of(const std::string& typed);

    [[nodiscard]] bool contains(const std::string& address) const { return !banned_.empty() && banned_.contains(address); }
    /// Returns false when there are kMost already.
    [[nodiscard]] bool add(const std::string& address) {
        if (banned_.size() >= kMost && !banned_.contains(address)) return false;
        banned_.insert(address);
        return true;
    }
    /// Returns false when it was not banned.
    bool remove(const std::string& address) { return banned_.erase(address) > 0; }
    [[nodiscard]] const std::set<std::string>& all() const { return banned_; }

private:
    std::set<std::string> banned_;
};

}  // namespace musicspace::relay
