#pragma once
// The transcoder's door: what a room asks for, and on which thread it is done. Owned by main, used on the I/O thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "transcoder/artwork.h"
#include "transcoder/egress/egress_proxy.h"
#include "transcoder/loudness.h"
#include "transcoder/pipeline.h"
#include "transcoder/resolver.h"
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

/// Work under way whose result somebody waits for. Destroying it cancels: a child process and its group are killed, a transfer ends,
/// and the callback is not called.
class PendingWork {
public:
    ~PendingWork();
    PendingWork(const PendingWork&) = delete;
    PendingWork& operator=(const PendingWork&) = delete;

private:
    friend class Transcoder;
    PendingWork() = default;
    std::shared_ptr<bool> detached_ = std::make_shared<bool>(false);
    std::shared_ptr<std::stop_source> stop_;
};

class Transcoder {
public:
    using Resolved = std::variant<Track, TranscodeError>;

    /// `post` must work for as long as this lives.
    /// Spools lie in `directory`.
    Transcoder(ResolverOptions options, AddressPolicy addresses, TranscoderLimits limits, std::string directory, Post post);

    /// `link` as check_link() returned it; `done` is called once, on the I/O thread. Returns nullptr when too many run.
    [[nodiscard]] std::unique_ptr<PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done);

    using ListedOrError = std::variant<Listing, TranscodeError>;

    /// What `link` leads to, at most `most` of it; as resolve().
    [[nodiscard]] std::unique_ptr<PendingWork> list(const std::string& link, std::size_t most, std::function<void(ListedOrError)> done);

    /// What the searched site finds; as resolve().
    [[nodiscard]] std::unique_ptr<PendingWork> search(const std::string& words, std::size_t most, std::function<void(ListedOrError)> done);

    using Browsed = std::variant<LibraryListing, TranscodeError>;

    /// What lies in the library's `folder`, or, where `words` is not empty, what they find; `done` is called once, on the I/O thread.
    void browse(const std::string& folder, const std::string& words, const std::function<void(Browsed)>& done);

    [[nodiscard]] bool has_library() const { return library_ != nullptr; }

    /// The picture at `url`, or nothing; `done` as above. Returns nullptr when too many are fetched.
    [[nodiscard]] std::unique_ptr<PendingWork> fetch_artwork(const std::string& url, std::function<void(std::optional<Artwork>)> done);

    /// Begins to pull the track's bytes, which stay as long as somebody holds what is returned. `on_trouble` is called on the I/O
    /// thread: a sentence while they do not come as they should, empty when they do again. Returns nullptr when too many pull.
    [[nodiscard]] std::shared_ptr<const Media> load(const Track& track, std::function<void(const std::string&)> on_trouble);

    /// Measures how loud `media` is, as its bytes come; `on_estimate` may be called several times, on the I/O thread. Returns nullptr
    /// when it is not kept, or too many are measured.
    [[nodiscard]] std::unique_ptr<PendingWork> measure(std::shared_ptr<const Media> media,
                                                       std::function<void(const Loudness&)> on_estimate);

    /// See Pipeline::start.
    [[nodiscard]] std::unique_ptr<Pipeline> open(std::shared_ptr<const Media> media, PipelineStart start, PipelineEvents events);

    /// Why a track of this length is not played, if it is not.
    [[nodiscard]] std::optional<TranscodeError> refuse_length(std::optional<MediaDuration> duration) const;

    [[nodiscard]] std::size_t pipelines_running() const { return pipeline_threads_.running(); }

private:
    /// Runs `work` on one of `threads` and hands its result to `done` on the I/O thread.
    template <typename Result>
    [[nodiscard]] std::unique_ptr<PendingWork> run(WorkerThreads& threads, std::function<Result(const std::stop_token&)> work,
                                                   std::function<void(Result)> done);

    const AddressPolicy addresses_;
    const EgressProxy egress_;
    const std::shared_ptr<const Library> library_;
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
