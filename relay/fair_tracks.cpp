#include "relay/fair_tracks.h"

#include <utility>

namespace musicspace::relay {

namespace {

using transcoder::PendingWork;
using transcoder::Pipeline;

transcoder::TranscodeError too_busy(const char* detail) { return {transcoder::Fault::too_busy, detail}; }

/// A pipeline and its slot.
class CountedPipeline final : public Pipeline {
public:
    CountedPipeline(std::unique_ptr<Pipeline> pipeline, FairSlots::Slot slot) : slot_(std::move(slot)), pipeline_(std::move(pipeline)) {}

    void allow_until(MediaTime position) override { pipeline_->allow_until(position); }
    void set_tiers(transcoder::WantedTiers wanted, MediaTime from) override { pipeline_->set_tiers(wanted, from); }

private:
    FairSlots::Slot slot_;  // given back when the pipeline is gone
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace

std::unique_ptr<PendingWork> FairTracks::resolve(const std::string& link, std::function<void(Resolved)> done) {
    return shares_.run<Resolved>(
        WorkShares::Kind::resolve, payer_(), [this, link](auto finished) { return tracks_.resolve(link, std::move(finished)); },
        std::move(done), too_busy("The server is opening many links just now. Try again in a moment."));
}

std::unique_ptr<PendingWork> FairTracks::list(const std::string& link, std::size_t most, std::function<void(ListedOrError)> done) {
    return shares_.run<ListedOrError>(
        WorkShares::Kind::list, payer_(), [this, link, most](auto finished) { return tracks_.list(link, most, std::move(finished)); },
        std::move(done), too_busy("The server is reading many playlists just now."));
}

std::unique_ptr<PendingWork> FairTracks::fetch_artwork(const std::string& url,
                                                       std::function<void(std::optional<transcoder::Artwork>)> done) {
    return shares_.run<std::optional<transcoder::Artwork>>(
        WorkShares::Kind::picture, payer_(), [this, url](auto finished) { return tracks_.fetch_artwork(url, std::move(finished)); },
        std::move(done), std::optional<transcoder::Artwork>());
}

std::shared_ptr<const transcoder::Media> FairTracks::load(const transcoder::Track& track,
                                                          std::function<void(const std::string&)> on_trouble) {
    return tracks_.load(track, std::move(on_trouble));
}

std::unique_ptr<PendingWork> FairTracks::measure(std::shared_ptr<const transcoder::Media> media,
                                                 std::function<void(const transcoder::Loudness&)> on_estimate) {
    return tracks_.measure(std::move(media), std::move(on_estimate));
}

std::unique_ptr<Pipeline> FairTracks::open(std::shared_ptr<const transcoder::Media> media, transcoder::PipelineStart start,
                                           transcoder::PipelineEvents events) {
    auto slot = shares_.take(WorkShares::Kind::pipeline, payer_());
    if (!slot) return nullptr;
    auto pipeline = tracks_.open(std::move(media), start, std::move(events));
    if (!pipeline) return nullptr;
    return std::make_unique<CountedPipeline>(std::move(pipeline), *std::move(slot));
}

std::optional<transcoder::TranscodeError> FairTracks::refuse_length(std::optional<MediaDuration> duration) const {
    return tracks_.refuse_length(duration);
}

std::size_t FairTracks::pipelines_running() const { return tracks_.pipelines_running(); }

}  // namespace musicspace::relay
