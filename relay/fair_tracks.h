#pragma once
// The transcoder as a room sees it: all work counts as that of the room's payer, the address that asked for it. Owned by the Room.

#include <functional>
#include <memory>
#include <string>

#include "relay/work_shares.h"
#include "transcoder/track_service.h"

namespace musicspace::relay {

class FairTracks final : public transcoder::TrackService {
public:
    /// `payer` is asked each time; an empty address has no share of its own to keep to.
    FairTracks(transcoder::TrackService& tracks, WorkShares& shares, std::function<std::string()> payer)
        : tracks_(tracks), shares_(shares), payer_(std::move(payer)) {}

    [[nodiscard]] std::unique_ptr<transcoder::PendingWork> resolve(const std::string& link, std::function<void(Resolved)> done) override;
    [[nodiscard]] std::unique_ptr<transcoder::PendingWork> list(const std::string& link, std::size_t most,
                                                                std::function<void(ListedOrError)> done) override;
    [[nodiscard]] std::unique_ptr<transcoder::PendingWork> fetch_artwork(
        const std::string& url, std::function<void(std::optional<transcoder::Artwork>)> done) override;
    [[nodiscard]] std::shared_ptr<const transcoder::Media> load(const transcoder::Track& track,
                                                                std::function<void(const std::string&)> on_trouble) override;
    [[nodiscard]] std::unique_ptr<transcoder::PendingWork> measure(std::shared_ptr<const transcoder::Media> media,
                                                                   std::function<void(const transcoder::Loudness&)> on_estimate) override;
    [[nodiscard]] std::unique_ptr<transcoder::Pipeline> open(std::shared_ptr<const transcoder::Media> media,
                                                             transcoder::PipelineStart start, transcoder::PipelineEvents events) override;
    [[nodiscard]] std::optional<transcoder::TranscodeError> refuse_length(std::optional<MediaDuration> duration) const override;
    [[nodiscard]] std::size_t pipelines_running() const override;

private:
    transcoder::TrackService& tracks_;
    WorkShares& shares_;
    const std::function<std::string()> payer_;
};

}  // namespace musicspace::relay
