#pragma once
// A Track whose bytes can be had: what a room holds while it plays one, and what its pipelines read. Immutable; shared by the room
// and its pipelines. The bytes stay in a spool for as long as it lives, but for live streams, which are read as they come.

#include <functional>
#include <memory>
#include <stop_token>

#include "transcoder/opening.h"
#include "transcoder/source/source.h"
#include "transcoder/source/spool.h"
#include "transcoder/track.h"

namespace musicspace::transcoder {

class Media {
public:
    Media(Track track, AddressPolicy addresses, std::shared_ptr<Spool> spool, OpeningLimits limits = {})
        : track_(std::move(track)), addresses_(addresses), spool_(std::move(spool)), opening_(std::make_shared<Opening>(limits)) {}

    [[nodiscard]] const Track& track() const { return track_; }
    /// Begins now.
    [[nodiscard]] const std::shared_ptr<Opening>& opening() const { return opening_; }
    [[nodiscard]] AddressPolicy addresses() const { return addresses_; }
    /// True when it can be read more than once.
    [[nodiscard]] bool kept() const { return spool_ || !track_.file.empty(); }
    /// From its first byte. Throws TranscodeFailure.
    [[nodiscard]] std::unique_ptr<Source> open(const std::stop_token& stop) const;

private:
    const Track track_;
    const AddressPolicy addresses_;
    const std::shared_ptr<Spool> spool_;  ///< empty for files and live streams
    const std::shared_ptr<Opening> opening_;
};

}  // namespace musicspace::transcoder
