#pragma once
// The members that a room has heard from lately, connected or not: a host finds and removes somebody by it who only sends HTTP requests.
// Bounded: of more than kMost, those heard from longest ago are forgotten (Postgres still knows their names). Every operation but
// newest() takes the same time. Owned by the Room.

#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "relay/room/rights.h"

namespace musicspace::relay {

class Admitted {
public:
    static constexpr std::size_t kMost = 500;

    struct Guest {
        MemberId id = 0;
        std::string name;
        std::string address;  ///< the last one; empty: one that is not told apart
    };

    Admitted() = default;
    Admitted(const Admitted&) = delete;
    Admitted& operator=(const Admitted&) = delete;

    void note(MemberId id, const std::string& name, const std::string& address) {
        if (const auto known = by_id_.find(id); known != by_id_.end()) {
            known->second->address = address;
            guests_.splice(guests_.begin(), guests_, known->second);
            return;
        }
        guests_.push_front({id, name, address});
        by_id_.emplace(id, guests_.begin());
        if (guests_.size() <= kMost) return;
        by_id_.erase(guests_.back().id);
        guests_.pop_back();
    }

    [[nodiscard]] const Guest* find(MemberId id) const {
        const auto known = by_id_.find(id);
        return known == by_id_.end() ? nullptr : &*known->second;
    }

    /// The one heard from last comes first.
    [[nodiscard]] const std::list<Guest>& newest() const { return guests_; }

private:
    std::list<Guest> guests_;
    std::unordered_map<MemberId, std::list<Guest>::iterator> by_id_;
};

}  // namespace musicspace::relay
