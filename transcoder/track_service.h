#pragma once
// What a room asks for while it plays: what a link leads to, its bytes, its packets, its loudness, its picture. All of it is used on the
// I/O thread, where the answers come too. The Transcoder is the one that works; the unit tests have another, on simulated time.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "transcoder/artwork.h"
#include "transcoder/listing.h"
#include "transcoder/loudness.h"
#include "transcoder/pipeline.h"
#include "transcoder/track.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

/// Work under way whose result somebody waits for. Destroying it cancels: a child process and its group are killed, a transfer ends,
/// and the callback is not called.
class PendingWork {
public:
    explicit PendingWork(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
    ~PendingWork() { cancel_(); }
    PendingWork(const PendingWork&) = delete;
    PendingWork& operator=(const PendingWork&) = delete;

private:
    const std::function<void()> cancel_;
};

class TrackService {
public:
    using Resolved = std::variant<Track, TranscodeError>;
    using ListedOrError = std::variant<Listing, TranscodeError>;

    TrackService() = default;
    virtual ~TrackService() = default;
    TrackService(const TrackService&) = delete;
    TrackService& operator=(const TrackService&) = delete;

    /// `link` as check_link() returned it; `done` is called once. Returns nullptr when too many run.
    [[nodiscard]] virtual std::unique_ptr<PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done) = 0;

    /// Lists what `link` leads to, `most` entries at most; as resolve().
    [[nodiscard]] virtual std::unique_ptr<PendingWork> list(const std::string& link, std::size_t most,
                                                            std::function<void(ListedOrError)> done) = 0;

    /// Fetches the picture at `url`; `done` gets nothing where there is none. Returns nullptr when too many are fetched.
    [[nodiscard]] virtual std::unique_ptr<PendingWork> fetch_artwork(const std::string& url,
                                                                     std::function<void(std::optional<Artwork>)> done) = 0;

    /// Begins to pull the track's bytes, which stay as long as somebody holds what is returned. `on_trouble` is called with a sentence
    /// while they do not come as they should, and with an empty text when they do again. Returns nullptr when too many pull.
    [[nodiscard]] virtual std::shared_ptr<const Media> load(const Track& track, std::function<void(const std::string&)> on_trouble) = 0;

    /// Measures how loud `media` is, as its bytes come; `on_estimate` may be called several times. Returns nullptr when it is not kept,
    /// or too many are measured.
    [[nodiscard]] virtual std::unique_ptr<PendingWork> measure(std::shared_ptr<const Media> media,
                                                               std::function<void(const Loudness&)> on_estimate) = 0;

    /// See Pipeline::start.
    [[nodiscard]] virtual std::unique_ptr<Pipeline> open(std::shared_ptr<const Media> media, PipelineStart start,
                                                         PipelineEvents events) = 0;

    /// Why a track of this length is not played, if it is not.
    [[nodiscard]] virtual std::optional<TranscodeError> refuse_length(std::optional<MediaDuration> duration) const = 0;

    [[nodiscard]] virtual std::size_t pipelines_running() const = 0;
};

}  // namespace musicspace::transcoder
