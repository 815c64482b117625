#pragma once
// The transcoder's door: what a room asks for, and on which thread it is done. Owned by main, used on the I/O thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "transcoder/egress/egress_proxy.h"
#include "transcoder/fences.h"
#include "transcoder/resolver.h"
#include "transcoder/track_service.h"
#include "transcoder/worker_threads.h"

namespace musicspace::transcoder {

struct TranscoderLimits {
    std::optional<MediaDuration> duration;  ///< of a track
    std::size_t resolves = 8;               ///< yt-dlp processes at once
    std::size_t artworks = 16;
    std::size_t browses = 8;
    std::size_t pipelines = 500;
    SpoolLimits spool;
};

class Transcoder : public TrackService {
public:
    /// `post` must work for as long as this lives.
    /// Spools lie in `directory`.
    Transcoder(ResolverOptions options, AddressPolicy addresses, TranscoderLimits limits, std::string directory, Post post);

    [[nodiscard]] std::unique_ptr<PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done) override;
    [[nodiscard]] std::unique_ptr<PendingWork> list(const std::string& link, std::size_t most,
                                                    std::function<void(ListedOrError)> done) override;

    /// What the searched site finds; as list().
    [[nodiscard]] std::unique_ptr<PendingWork> search(const std::string& words, std::size_t most, std::function<void(ListedOrError)> done);

    using Browsed = std::variant<LibraryListing, TranscodeError>;

    /// What lies in the library's `folder`, or, where `words` is not empty, what they find; `done` is called once, on the I/O thread.
    void browse(const std::string& folder, const std::string& words, const std::function<void(Browsed)>& done);

    [[nodiscard]] bool has_library() const { return library_ != nullptr; }

    [[nodiscard]] std::unique_ptr<PendingWork> fetch_artwork(const std::string& url,
                                                             std::function<void(std::optional<Artwork>)> done) override;
    [[nodiscard]] std::shared_ptr<const Media> load(const Track& track, std::function<void(const std::string&)> on_trouble) override;
    [[nodiscard]] std::unique_ptr<PendingWork> measure(std::shared_ptr<const Media> media,
                                                       std::function<void(const Loudness&)> on_estimate) override;
    [[nodiscard]] std::unique_ptr<Pipeline> open(std::shared_ptr<const Media> media, PipelineStart start, PipelineEvents events) override;
    [[nodiscard]] std::optional<TranscodeError> refuse_length(std::optional<MediaDuration> duration) const override;

    [[nodiscard]] const Fences& fences() const { return fences_; }

    [[nodiscard]] std::size_t pipelines_running() const override { return pipeline_threads_.running(); }

private:
    /// Runs `work` on one of `threads` and hands its result to `done` on the I/O thread.
    template <typename Result>
    [[nodiscard]] std::unique_ptr<PendingWork> run(WorkerThreads& threads, std::function<Result(const std::stop_token&)> work,
                                                   std::function<void(Result)> done);

    const AddressPolicy addresses_;
    const std::shared_ptr<PrivateNetwork> network_;
    const EgressProxy egress_;
    const std::shared_ptr<const Library> library_;
    const std::shared_ptr<const PreparedFence> media_fence_;
    const Fences fences_;
    const Resolver resolver_;
    const TranscoderLimits limits_;
    const std::string directory_;
    const Post post_;
    WorkerThreads resolve_threads_;
    WorkerThreads list_threads_;  ///< apart, so that playlists and searches never keep a track from being opened
    WorkerThreads library_threads_;
    WorkerThreads artwork_threads_;
    WorkerThreads pull_threads_;
    Turns loudness_turns_;
    WorkerThreads loudness_threads_;
    WorkerThreads pipeline_threads_;
};

}  // namespace musicspace::transcoder
