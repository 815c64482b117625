#include "transcoder/pipeline.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "transcoder/lost_job.h"
#include "transcoder/pipeline_work.h"

namespace musicspace::transcoder {

class Pipeline::OnWorker : public Pipeline {
public:
    OnWorker(std::shared_ptr<Shared> shared, std::shared_ptr<std::stop_source> stop) : shared_(std::move(shared)), stop_(std::move(stop)) {}
    ~OnWorker() override {
        shared_->detached = true;
        stop_->request_stop();
    }
    OnWorker(const OnWorker&) = delete;
    OnWorker& operator=(const OnWorker&) = delete;

    void allow_until(MediaTime position) override {
        {
            const std::lock_guard lock(shared_->mutex);
            if (position <= shared_->limit) return;
            shared_->limit = position;
        }
        shared_->changed.notify_one();
    }

    void set_tiers(WantedTiers wanted, MediaTime from) override {
        {
            const std::lock_guard lock(shared_->mutex);
            if (wanted == shared_->wanted) return;
            shared_->wanted = wanted;
            shared_->wanted_from = from;
        }
        shared_->changed.notify_one();
    }

private:
    const std::shared_ptr<Shared> shared_;
    const std::shared_ptr<std::stop_source> stop_;
};

std::unique_ptr<Pipeline> Pipeline::start(WorkerThreads& threads, Post post, std::shared_ptr<const Media> media, PipelineStart start,
                                          PipelineEvents events) {
    auto shared = std::make_shared<Shared>();
    shared->post = std::move(post);
    shared->events = std::move(events);
    shared->limit = start.position + MediaDuration{kSampleRate};
    shared->wanted = start.wanted;
    const auto fail = [shared](const TranscodeError& error) {
        shared->post([shared, error] {
            if (!shared->detached) shared->events.on_failed(error);
        });
    };
    const auto work = [shared, media = std::move(media), start, fail](const std::stop_token& stop) {
        try {
            Work(shared, media, start, stop).run();
        } catch (const TranscodeFailure& failure) {
            if (failure.fault() != Fault::cancelled) fail(failure.value());
        } catch (const std::exception& error) {
            spdlog::error("a pipeline failed: {}", error.what());
            fail({Fault::internal, "The track could not be played; the server's log says why."});
        }
    };
    auto stop_source = threads.start(work, [fail](LostJob why) { fail(explained(why)); });
    if (!stop_source) return nullptr;
    return std::make_unique<OnWorker>(std::move(shared), std::move(stop_source));
}

}  // namespace musicspace::transcoder
