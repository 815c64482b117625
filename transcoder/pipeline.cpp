#include "transcoder/pipeline.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "transcoder/pipeline_work.h"

namespace musicspace::transcoder {

std::unique_ptr<Pipeline> Pipeline::start(WorkerThreads& threads, Post post, std::shared_ptr<const Media> media, PipelineStart start,
                                          PipelineEvents events) {
    auto shared = std::make_shared<Shared>();
    shared->post = std::move(post);
    shared->events = std::move(events);
    shared->limit = start.position + MediaDuration{kSampleRate};
    shared->wanted = start.wanted;
    std::unique_ptr<Pipeline> pipeline(new Pipeline);
    pipeline->shared_ = shared;
    pipeline->stop_ = threads.start([shared, media = std::move(media), start](const std::stop_token& stop) {
        const auto fail = [&shared](const TranscodeError& error) {
            shared->post([shared, error] {
                if (!shared->detached) shared->events.on_failed(error);
            });
        };
        try {
            Work(shared, media, start, stop).run();
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
    shared_->changed.notify_one();
}

void Pipeline::set_tiers(WantedTiers wanted, MediaTime from) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (wanted == shared_->wanted) return;
        shared_->wanted = wanted;
        shared_->wanted_from = from;
    }
    shared_->changed.notify_one();
}

}  // namespace musicspace::transcoder
