#pragma once
// Media + position + speed + set of tiers -> Packets, faster than real time, never further than it is allowed to run ahead. Made,
// used and destroyed on the I/O thread; the work runs on a worker thread that only ever posts values back. Destroying it cancels:
// no event comes after, and the worker ends within 50 ms even when blocked in a read.

#include <functional>
#include <memory>
#include <vector>

#include "transcoder/media.h"
#include "transcoder/packet.h"
#include "transcoder/stream_info.h"
#include "transcoder/tier.h"
#include "transcoder/transcode_error.h"
#include "transcoder/worker_threads.h"

namespace musicspace::transcoder {

/// Runs a function on the I/O thread.
using Post = std::function<void(std::function<void()>)>;

/// Which tiers are made.
struct WantedTiers {
    TierSet tiers;
    bool best = false;  ///< and the best for this media: the source's own packets where they pass through, else kDefaultTier

    friend bool operator==(const WantedTiers&, const WantedTiers&) = default;
};

inline constexpr Tier kTopTier = Tier::kbps160;
inline constexpr Tier kDefaultTier = Tier::kbps96;
/// The tier that "best" means.
constexpr Tier best_tier(bool passes_through) { return passes_through ? kTopTier : kDefaultTier; }

struct PipelineStart {
    MediaTime position{};
    SpeedPercent speed = kNormalSpeed;
    WantedTiers wanted{.tiers = {}, .best = true};
};

/// All called on the I/O thread.
struct PipelineEvents {
    std::function<void(const StreamInfo&)> on_opened;
    std::function<void(Tier, std::vector<Packet>)> on_packets;  ///< of each tier contiguous and in order; tiers start on the same grid
    std::function<void(MediaTime end)> on_ended;                ///< the track's end; nothing follows but for tiers added later
    std::function<void(const TranscodeError&)> on_failed;       ///< nothing follows
};

/// Abstract: the unit tests have one that runs on simulated time.
class Pipeline {
public:
    /// The first packets lie at or up to 100 ms of sound before the position. Returns nullptr when too many pipelines run.
    [[nodiscard]] static std::unique_ptr<Pipeline> start(WorkerThreads& threads, Post post, std::shared_ptr<const Media> media,
                                                         PipelineStart start, PipelineEvents events);
    virtual ~Pipeline() = default;
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Lets the worker run on until it has made packets up to `position`. Only ever grows.
    virtual void allow_until(MediaTime position) = 0;

    /// Tiers that are not wanted any more end; new ones start 80 ms of sound before `from`, on the others' grid.
    virtual void set_tiers(WantedTiers wanted, MediaTime from) = 0;

protected:
    Pipeline() = default;

private:
    struct Shared;
    class Work;
    class OnWorker;
};

}  // namespace musicspace::transcoder
