#include "relay/work_shares.h"

#include <algorithm>

namespace musicspace::relay {

namespace {

// As many may wait as get their turn before their patience is over, if each work takes a second or two.
std::shared_ptr<FairSlots> with_line(std::size_t slots) { return FairSlots::make({slots, std::max<std::size_t>(16, 4 * slots), 8}); }
std::shared_ptr<FairSlots> without_line(std::size_t slots) { return FairSlots::make({slots, 0, 0}); }

}  // namespace

WorkShares::WorkShares(const Limits& limits, Surroundings surroundings, Metrics& metrics)
    : patience_(limits.patience),
      surroundings_(std::move(surroundings)),
      metrics_(metrics),
      resolves_(with_line(limits.resolves)),
      listings_(with_line(std::max<std::size_t>(1, limits.resolves / 2))),
      pictures_(with_line(limits.pictures)),
      browses_(without_line(limits.browses)),
      pipelines_(without_line(limits.pipelines)) {}

FairSlots& WorkShares::slots(Kind kind) const {
    switch (kind) {
        case Kind::resolve:
            return *resolves_;
        case Kind::list:
            return *listings_;
        case Kind::picture:
            return *pictures_;
        case Kind::browse:
            return *browses_;
        case Kind::pipeline:
            break;
    }
    return *pipelines_;
}

WorkShares::Asked WorkShares::ask(Kind kind, const std::string& address, Job& job, FairSlots::Waiting waiting) {
    const ServerTime until = surroundings_.clock() + patience_;
    auto asked = slots(kind).ask(address, until, std::move(waiting));
    if (!asked) return Asked::refused;
    job.slot = std::move(asked->slot);
    if (!asked->waits) return Asked::held;
    surroundings_.tick_by(until);
    return Asked::waits;
}

std::optional<FairSlots::Slot> WorkShares::take(Kind kind, const std::string& address) {
    auto slot = slots(kind).try_take(address);
    if (!slot) ++metrics_.work_refused;
    return slot;
}

ServerTime WorkShares::tick(ServerTime now) {
    ServerTime next = ServerTime::max();
    for (const auto& each : {resolves_, listings_, pictures_}) next = std::min(next, each->expire(now));
    return next;
}

}  // namespace musicspace::relay
