#pragma once
// Track + position -> Packets, faster than real time, never further than it is allowed to run ahead. Made, used and destroyed
// on the I/O thread; the work runs on a worker thread that only ever posts values back. Destroying it cancels: no event comes
// after, and the worker ends within 50 ms even when blocked in a read.

#include <functional>
#include <memory>
#include <vector>

#include "transcoder/decoder.h"
#include "transcoder/packet.h"
#include "transcoder/transcode_error.h"
#include "transcoder/worker_threads.h"

namespace musicspace::transcoder {

/// Runs a function on the I/O thread.
using Post = std::function<void(std::function<void()>)>;

/// All called on the I/O thread.
struct PipelineEvents {
    std::function<void(const StreamInfo&)> on_opened;
    std::function<void(std::vector<Packet>)> on_packets;   ///< contiguous, in order
    std::function<void(MediaTime end)> on_ended;           ///< the track's end; nothing follows
    std::function<void(const TranscodeError&)> on_failed;  ///< nothing follows
};

class Pipeline {
public:
    /// The first packet lies at or up to 100 ms before `start`. Returns nullptr when too many pipelines run.
    [[nodiscard]] static std::unique_ptr<Pipeline> start(WorkerThreads& threads, Post post, Track track, MediaTime start,
                                                         AddressPolicy addresses, PipelineEvents events);
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Lets the worker run on until it has made packets up to `position`. Only ever grows.
    void allow_until(MediaTime position);

private:
    struct Shared;
    class Work;
    Pipeline() = default;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<std::stop_source> stop_;
};

}  // namespace musicspace::transcoder
