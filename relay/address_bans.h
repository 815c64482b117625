#pragma once
// Addresses that the person who runs the server has banned, as client_address.h writes them: IPv4 whole, IPv6 as its /64. Kept in
// Postgres; owned by main; I/O thread.

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace musicspace::relay {

class AddressBans {
public:
    static constexpr std::size_t kMost = 10'000;

    /// The form in which an address that somebody has typed is counted; nothing when it is no address, or this machine's.
    [[nodiscard]] static std::optional<std::string> key_of(const std::string& typed);

    [[nodiscard]] bool contains(const std::string& address) const { return !banned_.empty() && banned_.contains(address); }
    /// False when there are kMost.
    [[nodiscard]] bool add(const std::string& address) {
        if (banned_.size() >= kMost && !banned_.contains(address)) return false;
        banned_.insert(address);
        return true;
    }
    /// False when it was not banned.
    bool remove(const std::string& address) { return banned_.erase(address) > 0; }
    [[nodiscard]] const std::set<std::string>& all() const { return banned_; }

private:
    std::set<std::string> banned_;
};

}  // namespace musicspace::relay
