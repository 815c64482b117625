#include "transcoder/transcoder.h"

#include <spdlog/spdlog.h>

namespace musicspace::transcoder {

PendingResolve::~PendingResolve() {
    *detached_ = true;
    if (stop_) stop_->request_stop();
}

namespace {
ResolverOptions through(const EgressProxy& egress, ResolverOptions options) {
    options.proxy = egress.url();
    return options;
}
}  // namespace

Transcoder::Transcoder(ResolverOptions options, AddressPolicy addresses, TranscoderLimits limits, std::string directory, Post post)
    : addresses_(addresses),
      egress_(addresses),
      resolver_(through(egress_, std::move(options))),
      limits_(limits),
      directory_(std::move(directory)),
      post_(std::move(post)),
      resolve_threads_(limits.resolves),
      pull_threads_(limits.pipelines),
      pipeline_threads_(limits.pipelines) {}

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

std::shared_ptr<const Media> Transcoder::load(const Track& track, std::function<void(const std::string&)> on_trouble) {
    if (!track.file.empty() || track.is_live) return std::make_shared<const Media>(track, addresses_, nullptr);
    SpoolOptions options;
    options.directory = directory_;
    options.addresses = addresses_;
    options.limits = limits_.spool;
    options.resolve_again = [this, link = track.link](const std::stop_token& stop) { return resolver_.resolve(link, stop); };
    options.on_trouble = [post = post_, on_trouble = std::move(on_trouble)](const std::string& trouble) {
        post([on_trouble, trouble] { on_trouble(trouble); });
    };
    auto spool = Spool::open(pull_threads_, track, std::move(options));
    if (!spool) return nullptr;
    return std::make_shared<const Media>(track, addresses_, std::move(spool));
}

std::unique_ptr<Pipeline> Transcoder::open(std::shared_ptr<const Media> media, PipelineStart start, PipelineEvents events) {
    return Pipeline::start(pipeline_threads_, post_, std::move(media), start, std::move(events));
}

}  // namespace musicspace::transcoder
