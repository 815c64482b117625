#pragma once
// A room on simulated time: a scripted TrackService in place of yt-dlp and FFmpeg, and a listener that keeps what is sent to it. Everything
// else is the real thing: the Room, its rules, the broadcaster, outboxes, and the bytes on the wire.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "relay/address_budgets.h"
#include "relay/broadcast/sender.h"
#include "relay/room/room.h"
#include "relay/work_shares.h"
#include "tests/unit/recorded_listener.h"
#include "tests/unit/scripted_tracks.h"
#include "tests/unit/simulated_time.h"

namespace musicspace::relay {

/// One room with one listener, who is its host.
class SimulatedRoom {
public:
    static constexpr MemberId kHost = 1;

    SimulatedRoom();
    ~SimulatedRoom();
    SimulatedRoom(const SimulatedRoom&) = delete;
    SimulatedRoom& operator=(const SimulatedRoom&) = delete;

    void run_for(ServerClock::duration time) { time_.run_until(time_.now() + time); }
    /// The problem's code, once the command is answered; it is empty when the command took effect.
    std::shared_ptr<std::optional<std::string>> command(Command command, const std::string& address = {});
    [[nodiscard]] const RoomState& state() const { return room_->state(); }
    [[nodiscard]] ServerTime now() const { return time_.now(); }
    [[nodiscard]] const RecordedListener& heard() const { return heard_; }

private:
    void tick_by(ServerTime time);
    void tick();

    SimulatedTime time_;
    ScriptedTracks tracks_{time_};
    Metrics metrics_;
    AddressBudgets budgets_{AddressLimits{}};
    WorkShares shares_{WorkShares::Limits{},
                       {[this](std::function<void()> work) { time_.after(ServerClock::duration(0), std::move(work)); }, [](ServerTime) {},
                        [this] { return time_.now(); }},
                       metrics_};
    std::unique_ptr<Sender> sender_;
    RecordedListener heard_;
    std::unique_ptr<Outbox> outbox_;
    std::shared_ptr<Room> room_;
    Listener listener_;
    std::optional<ServerTime> tick_at_;
};

}  // namespace musicspace::relay
