#include "tests/unit/recorded_listener.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "relay/broadcast/frame.h"
#include "relay/broadcast/wire_message.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

class RecordingCalls : public SendCalls {
public:
    RecordingCalls(RecordedListener& listener, const SimulatedTime& time) : listener_(listener), time_(time) {}
    void send(std::span<SendOp> ops) override {
        for (SendOp& op : ops) {
            std::vector<std::uint8_t> bytes;
            for (const iovec& part : op.parts) {
                const auto* first = static_cast<const std::uint8_t*>(part.iov_base);
                bytes.insert(bytes.end(), first, first + part.iov_len);
            }
            op.result = static_cast<ssize_t>(bytes.size());
            listener_.receive(bytes, time_.now());
        }
    }
    [[nodiscard]] const char* name() const override { return "recording"; }

private:
    RecordedListener& listener_;
    const SimulatedTime& time_;
};

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value;
}

Timeline timeline_of(const Json& json) {
    const MediaTime position{MediaDuration{json.at("positionSamples").get<std::int64_t>()}};
    const ServerTime at = server_time(json.at("atUs").get<std::int64_t>());
    if (!json.at("running").get<bool>()) return Timeline::held_at(position, at);
    return Timeline::running_from(position, at, static_cast<SpeedPercent>(std::lround(json.at("speed").get<double>() * kNormalSpeed)));
}

}  // namespace

void RecordedListener::receive(const std::vector<std::uint8_t>& bytes, ServerTime now) {
    ++pieces_;
    begun_.insert(begun_.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (begun_.size() - at >= 2) {
        const std::span<const std::uint8_t> rest = std::span(begun_).subspan(at);
        const std::size_t short_length = rest[1];
        const std::size_t header = short_length < 126 ? 2 : short_length == 126 ? 4 : 10;
        if (rest.size() < header) break;
        const std::size_t length = header == 2 ? short_length : big_endian(rest.subspan(2, header - 2));
        if (rest.size() < header + length) break;
        const auto payload = rest.subspan(header, length);
        const auto opcode = static_cast<Opcode>(rest[0] & 0x0fU);
        if (opcode == Opcode::text) take_text(payload, now);
        if (opcode == Opcode::binary) take_audio(payload, now);
        at += header + length;
    }
    begun_.erase(begun_.begin(), begun_.begin() + static_cast<std::ptrdiff_t>(at));
}

void RecordedListener::take_audio(std::span<const std::uint8_t> payload, ServerTime now) {
    if (payload[0] != kAudioKind) return;
    const auto pre_roll = static_cast<std::int64_t>(payload[1] >> 4U);
    const auto count = static_cast<std::int64_t>(big_endian(payload.subspan(2, 2)));
    const ServerTime first = server_time(static_cast<std::int64_t>(big_endian(payload.subspan(8, 8))));
    runs_.emplace(static_cast<std::uint32_t>(big_endian(payload.subspan(4, 4))),
                  Run{now, first + milliseconds(20) * pre_roll, first + milliseconds(20) * count});
}

void RecordedListener::take_text(std::span<const std::uint8_t> payload, ServerTime now) {
    const Json json = Json::parse(payload.begin(), payload.end());
    if (json.at("type") == "reaction") ++reactions_;
    if (json.at("type") != "state") return;
    State state;
    state.received = now;
    state.status = json.at("status").get<std::string>();
    state.epoch = json.at("epoch").get<std::uint32_t>();
    state.timeline = timeline_of(json.at("timeline"));
    const Json& track = json.at("track");
    if (track.is_object() && track.at("durationMs").is_number())
        state.duration = MediaDuration{track.at("durationMs").get<std::int64_t>() * kSampleRate / 1000};
    const Json& upcoming = json.at("upcoming");
    if (upcoming.is_object())
        state.upcoming = {upcoming.at("epoch").get<std::uint32_t>(), timeline_of(upcoming.at("timeline")).anchor_time()};
    states_.push_back(std::move(state));
}

bool RecordedListener::has_packet(std::uint32_t epoch, ServerTime at) const {
    const auto [first, last] = runs_.equal_range(epoch);
    return std::any_of(first, last,
                       [at](const auto& run) { return run.second.received <= at && run.second.begins <= at && at < run.second.ends; });
}

std::string RecordedListener::silence_at(const State& state, ServerTime at) const {
    constexpr milliseconds kWithoutSound{2'500};  // while a track opens or is sought in
    constexpr milliseconds kGivesWay{600};        // what is over, to what follows
    if (state.status == "buffering" && at - state.received > kWithoutSound) return "it waits for sound that has come";
    if (state.status != "playing" || at < state.timeline.anchor_time()) return {};
    if (state.upcoming && at >= state.upcoming->second)
        return has_packet(state.upcoming->first, at) ? "" : "the upcoming track has no packet";
    if (state.duration && state.timeline.position_at(at) >= MediaTime{*state.duration}) {
        const ServerTime end = state.timeline.due_at(MediaTime{*state.duration});
        return at > std::max(end, state.received) + kGivesWay ? "the track is over and does not give way" : "";
    }
    return has_packet(state.epoch, at) ? "" : "the track that plays has no packet";
}

std::string RecordedListener::first_silence(ServerTime from, ServerTime to) const {
    for (ServerTime at = from; at < to; at += milliseconds(20)) {
        const auto after = std::ranges::upper_bound(states_, at, {}, &State::received);
        if (after == states_.begin()) continue;
        const State& known = *std::prev(after);
        const std::string silence = silence_at(known, at);
        if (silence.empty()) continue;
        std::ostringstream text;
        text << silence << ": at " << (at - from).count() / 1000 << " ms, " << known.status << ", epoch " << known.epoch << ", position "
             << samples(known.timeline.position_at(at)) * 1000 / kSampleRate << " ms";
        return text.str();
    }
    return {};
}

std::unique_ptr<SendCalls> make_recording_calls(RecordedListener& listener, const SimulatedTime& time) {
    return std::make_unique<RecordingCalls>(listener, time);
}

}  // namespace musicspace::relay
