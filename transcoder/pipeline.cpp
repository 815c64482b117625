#include "transcoder/pipeline.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>

#include "transcoder/opus_encoder.h"

namespace musicspace::transcoder {

namespace {

constexpr int kBitsPerSecond = 96'000;
constexpr std::size_t kPacketFloats = static_cast<std::size_t>(kPacketSamples * kChannels);
// What an Opus decoder needs to converge after a start in the middle (RFC 7845 section 4.6: 80 ms).
constexpr MediaDuration kPreRoll{kPacketSamples * 4};
// The first packets leave at once, so that sound starts early; later ones in runs, so that posting costs little.
constexpr std::size_t kFirstBatch = 5;
constexpr std::size_t kBatch = 25;

}  // namespace

struct Pipeline::Shared {
    Post post;
    PipelineEvents events;  // called on the I/O thread only
    bool detached = false;  // I/O thread only

    std::mutex mutex;
    std::condition_variable_any allowed;
    MediaTime limit{};
};

class Pipeline::Work {
public:
    Work(std::shared_ptr<Shared> shared, const Track& track, MediaTime start, AddressPolicy addresses, std::stop_token stop)
        : shared_(std::move(shared)),
          stop_(std::move(stop)),
          encoder_(kBitsPerSecond),
          next_(std::max(MediaTime{}, start - kPreRoll)),
          decoder_(track, next_, addresses, stop_) {
        post([info = decoder_.info()](const PipelineEvents& events) { events.on_opened(info); });
    }

    void run() {
        std::vector<float> pcm;
        while (decoder_.read(pcm)) encode_whole_packets(pcm);
        const MediaTime end = next_ + MediaDuration{static_cast<std::int64_t>(pcm.size()) / kChannels};
        // The last samples are still inside the encoder.
        pcm.resize(pcm.size() + static_cast<std::size_t>(encoder_.lookahead().count() * kChannels), 0.0F);
        pcm.resize((pcm.size() + kPacketFloats - 1) / kPacketFloats * kPacketFloats, 0.0F);
        encode_whole_packets(pcm);
        flush();
        post([end](const PipelineEvents& events) { events.on_ended(end); });
    }

private:
    void encode_whole_packets(std::vector<float>& pcm) {
        std::size_t used = 0;
        for (; pcm.size() - used >= kPacketFloats; used += kPacketFloats) {
            wait_until_allowed();
            batch_.push_back({next_ - encoder_.lookahead(), encoder_.encode({pcm.data() + used, kPacketFloats})});
            next_ += kPacketDuration;
            if (batch_.size() >= (sent_any_ ? kBatch : kFirstBatch)) flush();
        }
        pcm.erase(pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(used));
    }

    void wait_until_allowed() {
        std::unique_lock lock(shared_->mutex);
        if (next_ <= shared_->limit && !stop_.stop_requested()) return;
        lock.unlock();
        flush();
        lock.lock();
        if (!shared_->allowed.wait(lock, stop_, [this] { return next_ <= shared_->limit; })) {
            throw TranscodeFailure(Fault::cancelled, "Cancelled.");
        }
    }

    void flush() {
        if (batch_.empty()) return;
        sent_any_ = true;
        post([batch = std::exchange(batch_, {})](const PipelineEvents& events) mutable { events.on_packets(std::move(batch)); });
    }

    template <typename Event>
    void post(Event event) {
        shared_->post([shared = shared_, event = std::move(event)]() mutable {
            if (!shared->detached) event(shared->events);
        });
    }

    const std::shared_ptr<Shared> shared_;
    const std::stop_token stop_;
    PacketEncoder encoder_;
    MediaTime next_;  ///< of the next input sample that is not encoded yet
    Decoder decoder_;
    std::vector<Packet> batch_;
    bool sent_any_ = false;
};

std::unique_ptr<Pipeline> Pipeline::start(WorkerThreads& threads, Post post, Track track, MediaTime start, AddressPolicy addresses,
                                          PipelineEvents events) {
    auto shared = std::make_shared<Shared>();
    shared->post = std::move(post);
    shared->events = std::move(events);
    shared->limit = start + MediaDuration{kSampleRate};
    std::unique_ptr<Pipeline> pipeline(new Pipeline);
    pipeline->shared_ = shared;
    pipeline->stop_ = threads.start([shared, track = std::move(track), start, addresses](const std::stop_token& stop) {
        const auto fail = [&shared](const TranscodeError& error) {
            shared->post([shared, error] {
                if (!shared->detached) shared->events.on_failed(error);
            });
        };
        try {
            Work(shared, track, start, addresses, stop).run();
        } catch (const TranscodeFailure& failure) {
            if (failure.fault() != Fault::cancelled) fail(failure.value());
        } catch (const std::exception& error) {
            spdlog::error("a pipeline failed: {}", error.what());
            fail({Fault::internal, "The track could not be played; the server's log says why."});
        }
    });
    if (!pipeline->stop_) return nullptr;
    return pipeline;
}

Pipeline::~Pipeline() {
    shared_->detached = true;
    if (stop_) stop_->request_stop();
}

void Pipeline::allow_until(MediaTime position) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (position <= shared_->limit) return;
        shared_->limit = position;
    }
    shared_->allowed.notify_one();
}

}  // namespace musicspace::transcoder
