#include "transcoder/transcoder.h"

#include <spdlog/spdlog.h>

namespace musicspace::transcoder {

PendingResolve::~PendingResolve() {
    *detached_ = true;
    if (stop_) stop_->request_stop();
}

Transcoder::Transcoder(ResolverOptions options, TranscoderLimits limits, Post post)
    : resolver_(std::move(options)), post_(std::move(post)), resolve_threads_(limits.resolves), pipeline_threads_(limits.pipelines) {}

std::unique_ptr<PendingResolve> Transcoder::resolve(const std::string& link, std::function<void(Resolved)> done) {
    std::unique_ptr<PendingResolve> pending(new PendingResolve);
    pending->stop_ =
        resolve_threads_.start([this, link, done = std::move(done), detached = pending->detached_](const std::stop_token& stop) {
            Resolved result;
            try {
                result = resolver_.resolve(link, stop);
            } catch (const TranscodeFailure& failure) {
                result = failure.value();
            } catch (const std::exception& error) {
                spdlog::error("resolving failed: {}", error.what());
                result = TranscodeError{Fault::internal, "The link could not be opened; the server's log says why."};
            }
            post_([done, detached, result = std::move(result)] {
                if (!*detached) done(result);
            });
        });
    if (!pending->stop_) return nullptr;
    return pending;
}

std::unique_ptr<Pipeline> Transcoder::open(const Track& track, MediaTime start, PipelineEvents events) {
    return Pipeline::start(pipeline_threads_, post_, track, start, resolver_.addresses(), std::move(events));
}

}  // namespace musicspace::transcoder
