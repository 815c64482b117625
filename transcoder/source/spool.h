#pragma once
// What has been pulled of one track's media, kept for as long as somebody holds this: each byte is pulled once, however often it
// is read. One thread of its own pulls, ahead of the readers and within limits, and mends what breaks: it takes a transfer up
// again at the byte it broke at, and asks yt-dlp for a new address where the old one has expired.
// Thread-safe: any number of readers, each on its own thread. Destroying it ends the pulling thread within 50 ms.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "transcoder/source/pull_policy.h"
#include "transcoder/source/spool_space.h"
#include "transcoder/track.h"
#include "transcoder/worker_threads.h"

namespace musicspace::transcoder {

struct SpoolOptions {
    std::string directory = "/tmp";
    AddressPolicy addresses = AddressPolicy::public_only;
    SpoolLimits limits;
    TransferLimits transfer;
    std::shared_ptr<SpoolSpace> space;  ///< shared with all other spools; empty: as much as `limits` allow
    /// The track anew, with a fresh media address; blocks. Empty: there is nobody to ask.
    std::function<Track(const std::stop_token&)> resolve_again;
    /// Called on the pulling thread: a sentence while bytes do not come as they should, empty when they do again.
    std::function<void(const std::string&)> on_trouble;
};

class Spool {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// Starts pulling `track.media_url`; never blocks. Returns nullptr when too many spools pull.
    [[nodiscard]] static std::shared_ptr<Spool> open(WorkerThreads& threads, const Track& track, SpoolOptions options);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Grows when a fresh address leads to other bytes than the old one: offsets then mean something else.
    [[nodiscard]] std::uint64_t edition() const;

    /// Bytes from `offset` on, at least one; 0 at the end. Blocks until they are here. Throws TranscodeFailure: when pulling was
    /// given up, with Fault::cancelled on `stop`, with Fault::changed when `edition` is no longer the current one, with
    /// Fault::timed_out at `deadline`.
    [[nodiscard]] std::size_t read(std::uint64_t edition, std::int64_t offset, std::span<std::uint8_t> into, const std::stop_token& stop,
                                   std::optional<TimePoint> deadline = std::nullopt);

    /// Size of the whole, once the site has answered; nothing when it does not tell. Blocks and throws like read().
    [[nodiscard]] std::optional<std::int64_t> size(const std::stop_token& stop, std::optional<TimePoint> deadline = std::nullopt);

    /// True when every byte is here.
    [[nodiscard]] bool complete() const;

private:
    struct Shared;
    class Puller;
    Spool() = default;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<std::stop_source> stop_;
};

}  // namespace musicspace::transcoder
