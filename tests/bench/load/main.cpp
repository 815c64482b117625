// Thousands of simulated listeners in one epoll loop. Steered by lines on stdin, each answered by one line of JSON on stdout:
//   join N PER_SECOND   N more listeners, spread over the rooms; answered when all have their first frame (of a peer: are connected)
//   stuck N             the first N read nothing from now on
//   watch SECONDS       what came in during that time
// Usage: load_generator PORT [--peer websocket|http] [--path PATH] [--host ADDRESS] [--ask SECONDS] CODE...

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <vector>

#include "tests/bench/load/listener.h"

namespace musicspace::load {
namespace {

class Crowd {
public:
    Crowd(Target target, std::vector<std::string> codes)
        : target_(std::move(target)), codes_(std::move(codes)), epoll_(::epoll_create1(0)) {}

    void join(std::size_t count, double per_second) {
        const std::int64_t start = now_us();
        const std::size_t before = listeners_.size();
        std::size_t started = 0;
        const auto complete = [&] {
            for (std::size_t i = before; i < listeners_.size(); ++i) {
                const Listener& listener = *listeners_[i];
                const bool there = target_.peer == Peer::music_space ? listener.playing() : listener.listening();
                if (!there && !listener.gone()) return false;
            }
            return true;
        };
        constexpr std::int64_t kPatienceUs = 60'000'000;
        std::int64_t look_at = 0;
        while (now_us() < start + kPatienceUs) {
            while (started < count && static_cast<double>(started) <= static_cast<double>(now_us() - start) * per_second / 1e6) {
                listeners_.push_back(std::make_unique<Listener>());
                listeners_.back()->start(target_, codes_[listeners_.size() % codes_.size()], epoll_, *totals_);
                ++started;
            }
            turn(started < count ? 1 : 20);
            if (started < count || now_us() < look_at) continue;
            if (complete()) break;
            look_at = now_us() + 20'000;
        }
        report(static_cast<double>(now_us() - start) / 1e6);
    }

    void get_stuck(std::size_t count) {
        for (std::size_t i = 0; i < count && i < listeners_.size(); ++i) listeners_[i]->get_stuck();
        std::puts("{}");
    }

    void watch(double seconds) {
        *totals_ = {};
        const std::int64_t start = now_us();
        while (now_us() < start + static_cast<std::int64_t>(seconds * 1e6)) turn(20);
        report(seconds);
    }

    /// What comes in between commands is taken in too.
    void turn(int timeout_ms) {
        static std::array<epoll_event, 1024> events;
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
        for (int i = 0; i < count; ++i)
            static_cast<Listener*>(events[static_cast<std::size_t>(i)].data.ptr)->on_ready(events[static_cast<std::size_t>(i)].events);
        if (target_.ask_every_us <= 0 || listeners_.empty()) return;
        // One after the other, so that each asks once in that time.
        const auto due = static_cast<std::int64_t>(listeners_.size()) * (now_us() - asked_since_us_) / target_.ask_every_us;
        for (; asked_ < due; ++asked_) listeners_[static_cast<std::size_t>(asked_) % listeners_.size()]->ask_time();
        if (due > 1'000'000) {
            asked_ = 0;
            asked_since_us_ = now_us();
        }
    }

private:
    void report(double seconds) const {
        std::size_t listening = 0;
        for (const auto& listener : listeners_) listening += listener->listening() ? 1 : 0;
        const Totals& all = *totals_;
        std::printf(
            "{\"listening\":%zu,\"seconds\":%.3f,\"bytes\":%lld,\"messages\":%lld,\"frames\":%lld,\"texts\":%lld,\"timeAnswers\":%lld,"
            "\"late\":%lld,\"gaps\":%lld,\"closed\":%lld",
            listening, seconds, static_cast<long long>(all.bytes), static_cast<long long>(all.messages), static_cast<long long>(all.frames),
            static_cast<long long>(all.texts), static_cast<long long>(all.time_answers), static_cast<long long>(all.late),
            static_cast<long long>(all.gaps), static_cast<long long>(all.closed));
        std::printf(",\"holesMs\":%.1f,\"tiers\":[%lld,%lld,%lld,%lld]", static_cast<double>(all.holes_us) / 1000,
                    static_cast<long long>(all.tiers[0]), static_cast<long long>(all.tiers[1]), static_cast<long long>(all.tiers[2]),
                    static_cast<long long>(all.tiers[3]));
        if (all.ahead.count() > 0) {
            std::printf(",\"aheadLeastMs\":%.1f,\"aheadP001Ms\":%.0f,\"aheadP01Ms\":%.0f,\"aheadMedianMs\":%.0f", all.ahead.least_ms(),
                        all.ahead.quantile(0.001), all.ahead.quantile(0.01), all.ahead.quantile(0.5));
        }
        if (all.join.count() > 0) {
            std::printf(
                ",\"joinMedianMs\":%.0f,\"joinP99Ms\":%.0f,\"joinMostMs\":%.1f,\"firstFrameMedianMs\":%.0f,\"firstFrameP99Ms\":%.0f",
                all.join.quantile(0.5), all.join.quantile(0.99), all.join.most_ms(), all.first_frame.quantile(0.5),
                all.first_frame.quantile(0.99));
        }
        std::puts("}");
    }

    const Target target_;
    const std::vector<std::string> codes_;
    const int epoll_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unique_ptr<Totals> totals_ = std::make_unique<Totals>();
    std::int64_t asked_ = 0;
    std::int64_t asked_since_us_ = now_us();
};

}  // namespace
}  // namespace musicspace::load

int main(int argc, char** argv) {
    using namespace musicspace::load;
    Target target;
    std::vector<std::string> codes;
    if (argc < 2) return 2;
    target.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
    for (int i = 2; i < argc; ++i) {
        const std::string word = argv[i];
        const std::string value = i + 1 < argc ? argv[i + 1] : "";
        if (word == "--peer") {
            target.peer = value == "http" ? Peer::http : Peer::websocket;
        } else if (word == "--path") {
            target.path = value;
        } else if (word == "--host") {
            target.host = value;
        } else if (word == "--ask") {
            target.ask_every_us = static_cast<std::int64_t>(std::strtod(value.c_str(), nullptr) * 1e6);
        } else {
            codes.push_back(word);
            continue;
        }
        ++i;
    }
    if (codes.empty()) codes.emplace_back();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    Crowd crowd(target, codes);
    std::string line;
    while (true) {
        pollfd input{0, POLLIN, 0};
        if (::poll(&input, 1, 0) == 0) {
            crowd.turn(5);
            continue;
        }
        if (!std::getline(std::cin, line)) return 0;
        std::istringstream words(line);
        std::string command;
        double first = 0;
        double second = 0;
        words >> command >> first >> second;
        if (command == "join") crowd.join(static_cast<std::size_t>(first), second);
        if (command == "stuck") crowd.get_stuck(static_cast<std::size_t>(first));
        if (command == "watch") crowd.watch(first);
    }
}
