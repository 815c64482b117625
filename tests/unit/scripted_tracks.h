#pragma once
// A TrackService on simulated time, in place of yt-dlp and FFmpeg: the link says what becomes of it.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/simulated_time.h"
#include "transcoder/track_service.h"

namespace musicspace::relay {

/// Answers for links of the form "https://example.org/SECONDS/DELAY/NAME": a track of so many seconds (0: it does not play) that opens
/// after so many milliseconds, and whose packets are there 20 ms after they are allowed. "https://example.org/throws/WHERE" throws there:
/// in "resolve", "load" or "open".
class ScriptedTracks : public transcoder::TrackService {
public:
    explicit ScriptedTracks(SimulatedTime& time) : time_(time) {}

    std::unique_ptr<transcoder::PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done) override;
    std::unique_ptr<transcoder::PendingWork> list(const std::string& link, std::size_t most,
                                                  std::function<void(ListedOrError)> done) override;
    std::unique_ptr<transcoder::PendingWork> fetch_artwork(const std::string& url,
                                                           std::function<void(std::optional<transcoder::Artwork>)> done) override;
    std::shared_ptr<const transcoder::Media> load(const transcoder::Track& track,
                                                  std::function<void(const std::string&)> on_trouble) override;
    std::unique_ptr<transcoder::PendingWork> measure(std::shared_ptr<const transcoder::Media> media,
                                                     std::function<void(const transcoder::Loudness&)> on_estimate) override;
    std::unique_ptr<transcoder::Pipeline> open(std::shared_ptr<const transcoder::Media> media, transcoder::PipelineStart start,
                                               transcoder::PipelineEvents events) override;
    std::optional<transcoder::TranscodeError> refuse_length(std::optional<MediaDuration> /*duration*/) const override { return {}; }
    std::size_t pipelines_running() const override { return 0; }

private:
    std::unique_ptr<transcoder::PendingWork> later(std::chrono::milliseconds delay, std::function<void()> done);
    SimulatedTime& time_;
};

}  // namespace musicspace::relay
