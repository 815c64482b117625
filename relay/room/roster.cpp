#include "relay/room/roster.h"

#include <algorithm>

namespace musicspace::relay {

bool Roster::arrive(MemberId id, const std::string& name) {
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
        ++known->second->connections;
        return false;
    }
    members_.push_back({id, name, take_ordinal(name), 1});
    by_id_.emplace(id, std::prev(members_.end()));
    return true;
}

bool Roster::depart(MemberId id) {
    const auto known = by_id_.find(id);
    if (known == by_id_.end() || --known->second->connections > 0) return false;
    free_ordinal(known->second->name, known->second->ordinal);
    members_.erase(known->second);
    by_id_.erase(known);
    return true;
}

const Member* Roster::find(MemberId id) const {
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? nullptr : &*known->second;
}

std::vector<const Member*> Roster::first(std::size_t count) const {
    std::vector<const Member*> members;
    members.reserve(std::min(count, members_.size()));
    for (auto member = members_.begin(); member != members_.end() && members.size() < count; ++member) members.push_back(&*member);
    return members;
}

int Roster::take_ordinal(const std::string& name) {
    Ordinals& ordinals = ordinals_[name];
    if (ordinals.free.empty()) return ++ordinals.last;
    return ordinals.free.extract(ordinals.free.begin()).value();
}

void Roster::free_ordinal(const std::string& name, int ordinal) {
    const auto known = ordinals_.find(name);
    Ordinals& ordinals = known->second;
    ordinals.free.insert(ordinal);
    if (ordinals.free.size() == static_cast<std::size_t>(ordinals.last)) ordinals_.erase(known);
}

}  // namespace musicspace::relay
