// One measurement of the transcoder, for tests/bench/transcode.ts: prints one JSON object.
//   transcode_probe encode FILE TIERS SPEED    the whole file, once; TIERS: kbit/s with commas, or "best"; SPEED in percent
//   transcode_probe open URL                   when the first packet of a link is there
//   transcode_probe long URL                   a very long link from its start to its end: memory and disk along the way
//   transcode_probe seek URL                   the same from the middle, once all of the link's bytes are in the spool; then cancels
// Times are of the machine's monotonic clock, in milliseconds.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "transcoder/media.h"
#include "transcoder/pipeline.h"

namespace musicspace::transcoder {
namespace {

using Clock = std::chrono::steady_clock;

double now_ms() { return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count(); }

/// What the I/O thread is to the server.
class Loop {
public:
    Post post() {
        return [this](std::function<void()> function) {
            const std::lock_guard lock(mutex_);
            posted_.push_back(std::move(function));
            changed_.notify_one();
        };
    }
    template <typename Condition>
    void run_until(Condition condition) {
        while (!condition()) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !posted_.empty(); });
            auto function = std::move(posted_.front());
            posted_.pop_front();
            lock.unlock();
            function();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> posted_;
};

/// Runs one pipeline and counts what it makes.
class Run {
public:
    Run(std::shared_ptr<const Media> media, PipelineStart start) {
        PipelineEvents events;
        events.on_opened = [](const StreamInfo&) {};
        events.on_packets = [this](Tier, const std::vector<Packet>& packets) {
            if (!first_packet_ms) first_packet_ms = now_ms();
            packets_made += packets.size();
            for (const Packet& packet : packets) bytes_made += packet.opus.size();
            pipeline->allow_until(packets.back().position + MediaDuration{kSampleRate * 10});
        };
        events.on_ended = [this](MediaTime) { ended = true; };
        events.on_failed = [](const TranscodeError& error) { throw std::runtime_error(error.detail); };
        pipeline = Pipeline::start(threads, loop.post(), std::move(media), start, std::move(events));
    }

    Loop loop;
    WorkerThreads threads{4};
    std::unique_ptr<Pipeline> pipeline;
    std::optional<double> first_packet_ms;
    std::size_t packets_made = 0;
    std::size_t bytes_made = 0;
    bool ended = false;
};

WantedTiers wanted_of(const std::string& text) {
    if (text == "best") return {.tiers = {}, .best = true};
    WantedTiers wanted{};
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        for (const Tier tier : kAllTiers) {
            if (bits_per_second(tier) == std::stoi(word) * 1000) wanted.tiers.insert(tier);
        }
    }
    return wanted;
}

rusage used() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage;
}

double cpu_ms(const rusage& usage) {
    const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

void encode(const std::string& file, const std::string& tiers, SpeedPercent speed) {
    const double loading = cpu_ms(used());
    Track track;
    track.file = file;
    Run run(std::make_shared<const Media>(track, AddressPolicy::public_only, nullptr), {{}, speed, wanted_of(tiers)});
    run.loop.run_until([&run] { return run.ended; });
    const rusage usage = used();
    std::printf("{\"packets\":%zu,\"bytes\":%zu,\"workCpuMs\":%.1f,\"peakMb\":%.1f}\n", run.packets_made, run.bytes_made,
                cpu_ms(usage) - loading, static_cast<double>(usage.ru_maxrss) / 1024);
}

struct Link {
    WorkerThreads threads{2};
    std::shared_ptr<Spool> spool;
    std::shared_ptr<const Media> media;

    explicit Link(const std::string& url) {
        Track track;
        track.media_url = url;
        SpoolOptions options;
        options.addresses = AddressPolicy::allow_private;
        spool = Spool::open(threads, track, std::move(options));
        media = std::make_shared<const Media>(track, AddressPolicy::allow_private, spool);
    }
};

void open(const std::string& url) {
    const Link link(url);
    Run run(link.media, {});
    run.loop.run_until([&run] { return run.first_packet_ms.has_value(); });
    std::printf("{\"firstPacketAtMs\":%.3f}\n", *run.first_packet_ms);
}

void seek(const std::string& url) {
    const Link link(url);
    std::optional<MediaTime> middle;
    {
        Run whole(link.media, {{}, kNormalSpeed, {.tiers = {Tier::kbps24}}});
        whole.loop.run_until([&] { return whole.ended; });
        middle = media_time(static_cast<std::int64_t>(whole.packets_made) * kPacketSamples / 2);
    }
    while (!link.spool->complete()) std::this_thread::yield();
    const double asked = now_ms();
    Run run(link.media, {*middle, kNormalSpeed, {.tiers = {Tier::kbps96}}});
    run.loop.run_until([&run] { return run.first_packet_ms.has_value(); });
    const double cancelled = now_ms();
    run.pipeline.reset();
    while (run.threads.running() > 0) std::this_thread::yield();
    std::printf("{\"seekMs\":%.3f,\"cancelMs\":%.3f}\n", *run.first_packet_ms - asked, now_ms() - cancelled);
}

double resident_mb() {
    std::ifstream statm("/proc/self/statm");
    long whole = 0;
    long resident = 0;
    statm >> whole >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Of files that have no name any more: the spool's.
double spooled_mb() {
    double bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        struct stat status = {};
        if (stat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 0) {
            bytes += static_cast<double>(status.st_blocks) * 512;
        }
    }
    return bytes / (1 << 20);
}

void play_long(const std::string& url) {
    constexpr std::int64_t kHour = kSampleRate * 3600;
    const Link link(url);
    Run run(link.media, {{}, kNormalSpeed, {.tiers = {Tier::kbps24}}});
    std::printf("{\"hours\":[");
    double disk = 0;
    for (std::int64_t hour = 1; !run.ended; ++hour) {
        run.loop.run_until([&] {
            disk = std::max(disk, run.packets_made % 1000 == 0 ? spooled_mb() : 0);
            return run.ended || static_cast<std::int64_t>(run.packets_made) * kPacketSamples >= hour * kHour;
        });
        std::printf("%s%.1f", hour == 1 ? "" : ",", resident_mb());
    }
    std::printf("],\"mostSpooledMb\":%.1f,\"spoolLimitMb\":%lld}\n", std::max(disk, spooled_mb()),
                static_cast<long long>(SpoolLimits{}.bytes >> 20U));
}

}  // namespace
}  // namespace musicspace::transcoder

int main(int argc, char** argv) {
    using namespace musicspace::transcoder;
    const std::string mode = argc > 1 ? argv[1] : "";
    try {
        if (mode == "encode" && argc == 5) {
            encode(argv[2], argv[3], std::stol(argv[4]));
        } else if (mode == "open" && argc == 3) {
            open(argv[2]);
        } else if (mode == "long" && argc == 3) {
            play_long(argv[2]);
        } else if (mode == "seek" && argc == 3) {
            seek(argv[2]);
        } else {
            std::fputs("See the top of transcode_probe.cpp.\n", stderr);
            return 2;
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
