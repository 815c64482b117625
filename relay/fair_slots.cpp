#include "relay/fair_slots.h"

#include <algorithm>
#include <vector>

namespace musicspace::relay {

void FairSlots::Slot::give_back() {
    const auto id = std::exchange(id_, 0);
    if (const auto slots = std::exchange(slots_, {}).lock(); slots && id != 0) slots->give_back(id);
}

bool FairSlots::may_take(const std::string& key) const {
    const std::size_t free = limits_.slots - std::min(limits_.slots, holders_.size());
    if (key.empty()) return free > 0;
    const auto held = held_by_.find(key);
    return (held == held_by_.end() ? 0 : held->second) < free;
}

std::uint64_t FairSlots::hold(const std::string& key, std::uint64_t id) {
    holders_.emplace(id, key);
    ++held_by_[key];
    return id;
}

std::optional<FairSlots::Slot> FairSlots::try_take(const std::string& key) {
    if (!may_take(key)) return std::nullopt;
    return Slot(weak_from_this(), hold(key, ++last_id_));
}

std::optional<FairSlots::Asked> FairSlots::ask(const std::string& key, ServerTime until, Waiting waiting) {
    auto line = lines_.find(key);
    if (line == lines_.end()) {
        if (auto slot = try_take(key)) return Asked{*std::move(slot), false};
    }
    const std::size_t in_line = line == lines_.end() ? 0 : line->second.size();
    if (waiting_ >= limits_.waiting || (!key.empty() && in_line >= limits_.waiting_per_key)) return std::nullopt;
    if (line == lines_.end()) {
        line = lines_.try_emplace(key).first;
        turns_.push_back(key);
    }
    line->second.push_back({++last_id_, until, std::move(waiting)});
    ++waiting_;
    return Asked{Slot(weak_from_this(), last_id_), true};
}

std::optional<FairSlots::Request> FairSlots::remove_waiting(std::uint64_t id) {
    for (auto& [key, line] : lines_) {
        const auto found = std::ranges::find(line, id, &Request::id);
        if (found == line.end()) continue;
        Request request = std::move(*found);
        line.erase(found);
        --waiting_;
        if (line.empty()) {
            turns_.remove(key);
            lines_.erase(lines_.find(key));
        }
        return request;
    }
    return std::nullopt;
}

void FairSlots::give_back(std::uint64_t id) {
    const auto holder = holders_.find(id);
    if (holder == holders_.end()) {
        (void)remove_waiting(id);
        return;
    }
    const auto held = held_by_.find(holder->second);
    if (--held->second == 0) held_by_.erase(held);
    holders_.erase(holder);
    serve_waiting();
}

// start() may end other work and so call this again: each round looks up everything anew.
void FairSlots::serve_waiting() {
    while (true) {
        const auto turn = std::ranges::find_if(turns_, [this](const std::string& key) { return may_take(key); });
        if (turn == turns_.end()) return;
        const std::string key = *turn;
        turns_.splice(turns_.end(), turns_, turn);
        auto request = remove_waiting(lines_.at(key).front().id);
        hold(key, request->id);
        request->waiting.start();
    }
}

ServerTime FairSlots::expire(ServerTime now) {
    ServerTime next = ServerTime::max();
    std::vector<std::uint64_t> over;
    for (const auto& [key, line] : lines_) {
        for (const Request& request : line) {
            if (request.until <= now) {
                over.push_back(request.id);
            } else {
                next = std::min(next, request.until);
            }
        }
    }
    for (const std::uint64_t id : over) {
        if (const auto request = remove_waiting(id)) request->waiting.give_up();
    }
    return next;
}

}  // namespace musicspace::relay
