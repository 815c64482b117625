#pragma once
// A room on simulated time: a scripted TrackService in place of yt-dlp and FFmpeg, and a listener that keeps what is sent to it. Everything
// else is the real thing: the Room, its rules, the broadcaster, outboxes, and the bytes on the wire.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "relay/address_budgets.h"
#include "relay/broadcast/sender.h"
#include "relay/room/room.h"
#include "relay/work_shares.h"

namespace musicspace::relay {

/// What is to be done, in the order of its time.
class SimulatedTime {
public:
    [[nodiscard]] ServerTime now() const { return now_; }
    void after(ServerClock::duration delay, std::function<void()> action) { actions_.emplace(now_ + delay, std::move(action)); }
    void run_until(ServerTime end);

private:
    ServerTime now_ = server_time(1'000'000'000);
    std::multimap<ServerTime, std::function<void()>> actions_;
};

/// Answers for links of the form "https://example.org/SECONDS/DELAY/NAME": a track of so many seconds (0: it does not play) that opens
/// after so many milliseconds, and whose packets are there 20 ms after they are allowed. "https://example.org/throws/WHERE" throws there:
/// in "resolve", "load" or "open".
class ScriptedTracks : public transcoder::TrackService {
public:
    explicit ScriptedTracks(SimulatedTime& time) : time_(time) {}

    std::unique_ptr<transcoder::PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done) override;
    std::unique_ptr<transcoder::PendingWork> list(const std::string& link, std::size_t most,
                                                  std::function<void(ListedOrError)> done) override;
    std::unique_ptr<transcoder::PendingWork> fetch_artwork(const std::string& url,
                                                           std::function<void(std::optional<transcoder::Artwork>)> done) override;
    std::shared_ptr<const transcoder::Media> load(const transcoder::Track& track,
                                                  std::function<void(const std::string&)> on_trouble) override;
    std::unique_ptr<transcoder::PendingWork> measure(std::shared_ptr<const transcoder::Media> media,
                                                     std::function<void(const transcoder::Loudness&)> on_estimate) override;
    std::unique_ptr<transcoder::Pipeline> open(std::shared_ptr<const transcoder::Media> media, transcoder::PipelineStart start,
                                               transcoder::PipelineEvents events) override;
    std::optional<transcoder::TranscodeError> refuse_length(std::optional<MediaDuration> /*duration*/) const override { return {}; }
    std::size_t pipelines_running() const override { return 0; }

private:
    std::unique_ptr<transcoder::PendingWork> later(std::chrono::milliseconds delay, std::function<void()> done);
    SimulatedTime& time_;
};

/// What one listener has been sent, and when.
class RecordedListener {
public:
    struct State {
        ServerTime received;
        std::string status;
        std::uint32_t epoch = 0;
        Timeline timeline = Timeline::held_at({}, {});
        std::optional<MediaDuration> duration;
        std::optional<std::pair<std::uint32_t, ServerTime>> upcoming;  ///< its epoch, and when it begins
    };

    void receive(const std::vector<std::uint8_t>& bytes, ServerTime now);
    /// The first instant from `from` to `to` at which a running timeline has no packet of the epoch in force, or a track neither sounds nor
    /// gives way; empty when there is none.
    [[nodiscard]] std::string first_silence(ServerTime from, ServerTime to) const;
    [[nodiscard]] const State& state() const { return states_.back(); }
    [[nodiscard]] bool has_state() const { return !states_.empty(); }
    [[nodiscard]] std::size_t reactions() const { return reactions_; }
    [[nodiscard]] std::size_t pieces() const { return pieces_; }  ///< that were handed to the line

private:
    struct Run {
        ServerTime received;
        ServerTime begins;
        ServerTime ends;
    };
    void take_audio(std::span<const std::uint8_t> payload, ServerTime now);
    void take_text(std::span<const std::uint8_t> payload, ServerTime now);
    [[nodiscard]] bool has_packet(std::uint32_t epoch, ServerTime at) const;
    [[nodiscard]] std::string silence_at(const State& state, ServerTime at) const;

    std::vector<std::uint8_t> begun_;
    std::vector<State> states_;
    std::multimap<std::uint32_t, Run> runs_;
    std::size_t reactions_ = 0;
    std::size_t pieces_ = 0;
};

/// One room with one listener, who is its host.
class SimulatedRoom {
public:
    static constexpr MemberId kHost = 1;

    SimulatedRoom();
    ~SimulatedRoom();
    SimulatedRoom(const SimulatedRoom&) = delete;
    SimulatedRoom& operator=(const SimulatedRoom&) = delete;

    void run_for(ServerClock::duration time) { time_.run_until(time_.now() + time); }
    /// What it was answered with, if it has been; an empty code: it took effect.
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
