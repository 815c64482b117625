#pragma once
// Who is in a room: members with at least one connection, in order of arrival. A value, apart from RoomState because thousands come and
// go without changing anything else. Every operation but first() takes the same time, however many there are.

#include <list>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "relay/room/commands.h"

namespace musicspace::relay {

struct Member {
    MemberId id = 0;
    std::string name;
    int ordinal = 1;      ///< tells people of one name apart: shown as "Ada (2)" from 2 on
    int connections = 1;  ///< one person may have several tabs open

    [[nodiscard]] std::string label() const { return ordinal == 1 ? name : name + " (" + std::to_string(ordinal) + ")"; }
};

class Roster {
public:
    Roster() = default;
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    /// True when the member was not here before.
    bool arrive(MemberId id, const std::string& name);
    /// True when that was the member's last connection. Of one who is not here: false.
    bool depart(MemberId id);

    [[nodiscard]] const Member* find(MemberId id) const;
    [[nodiscard]] std::size_t size() const { return members_.size(); }
    /// At most `count`, those who came first.
    [[nodiscard]] std::vector<const Member*> first(std::size_t count) const;

private:
    // Ordinals of one name: those up to `last` are taken, but for the free ones.
    struct Ordinals {
        int last = 0;
        std::set<int> free;
    };
    int take_ordinal(const std::string& name);
    void free_ordinal(const std::string& name, int ordinal);

    std::list<Member> members_;
    std::unordered_map<MemberId, std::list<Member>::iterator> by_id_;
    std::unordered_map<std::string, Ordinals> ordinals_;
};

}  // namespace musicspace::relay
