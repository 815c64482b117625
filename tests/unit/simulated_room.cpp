#include "tests/unit/simulated_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace musicspace::relay {

namespace {

using std::chrono::milliseconds;

// All simulated rooms share a store whose Postgres is away, which no room minds, and hashing that nobody waits for: their threads are
// costly to make. Both end with the tests, before the log does.
class Shared : public testing::Environment {
public:
    void TearDown() override {
        store_.reset();
        passwords_.reset();
    }
    db::Store& store() {
        if (!store_)
            store_ = std::make_unique<db::Store>(db::StoreOptions{.url = "host=/nonexistent"}, [](const std::function<void()>&) {});
        return *store_;
    }
    Passwords& passwords() {
        if (!passwords_) passwords_ = std::make_unique<Passwords>([](const std::function<void()>&) {});
        return *passwords_;
    }

private:
    std::unique_ptr<db::Store> store_;
    std::unique_ptr<Passwords> passwords_;
};

Shared& shared() {
    static auto* const kShared = static_cast<Shared*>(testing::AddGlobalTestEnvironment(new Shared));  // GoogleTest deletes it
    return *kShared;
}

}  // namespace

SimulatedRoom::SimulatedRoom() {
    sender_ = std::make_unique<Sender>(make_recording_calls(heard_, time_),
                                       [this] { time_.after(ServerClock::duration(0), [this] { sender_->flush(); }); });
    outbox_ = std::make_unique<Outbox>(-1, *sender_, Outbox::Events{[] {}, [this] { room_->on_drained(listener_, time_.now()); }, [] {}});
    RoomServices services{.transcoder = tracks_,
                          .store = shared().store(),
                          .metrics = metrics_,
                          .passwords = shared().passwords(),
                          .tick_by = [this](ServerTime time) { tick_by(time); },
                          .limits = {.links_per_minute = 0},
                          .budgets = budgets_,
                          .shares = shares_};
    services.clock = [this] { return time_.now(); };
    room_ = std::make_shared<Room>(db::RoomRow{1, "ABCDE"}, Founding{kHost}, services, time_.now(), "", RoomLife{});
    listener_.outbox = outbox_.get();
    listener_.member = kHost;
    listener_.name = "Ada";
    listener_.end = [](std::uint16_t, const std::string&) {};
    listener_.heard_at = time_.now() + std::chrono::hours(1);  // nobody takes it for dead
    room_->join(listener_, time_.now());
}

SimulatedRoom::~SimulatedRoom() { room_->leave(listener_, time_.now()); }

std::shared_ptr<std::optional<std::string>> SimulatedRoom::command(Command command, const std::string& address) {
    auto answer = std::make_shared<std::optional<std::string>>();
    CommandRequest request{kHost, "Ada", {}, std::move(command)};
    request.address = address;
    room_->handle(std::move(request), time_.now(),
                  [answer](const std::optional<Problem>& problem) { *answer = problem ? problem->code : ""; });
    return answer;
}

// As the Ticker does it: on a grid of 50 ms.
void SimulatedRoom::tick_by(ServerTime time) {
    constexpr milliseconds kGrid{50};
    const ServerTime next(kGrid * (std::max(time, time_.now()).time_since_epoch() / kGrid + 1));
    if (tick_at_ && *tick_at_ <= next) return;
    tick_at_ = next;
    time_.after(next - time_.now(), [this, next] {
        if (tick_at_ == next) tick();
    });
}

void SimulatedRoom::tick() {
    tick_at_.reset();
    room_->tick(time_.now());
    tick_by(room_->tick_due());
}

}  // namespace musicspace::relay
