#pragma once
// Media bytes -> stereo float PCM at 48 kHz, contiguous from an exact sample. Owned by one pipeline, used on its thread.
// Invariant: block n+1 starts at the sample after block n's last, whatever the container's time stamps say; holes that damage
// leaves are filled with silence, so that media time never slips.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "transcoder/source/address_policy.h"
#include "transcoder/track.h"

namespace musicspace::transcoder {

struct StreamInfo {
    std::optional<MediaDuration> duration;  ///< as the container tells; absent for live streams
    std::string title;                      ///< the file's own tags, may be empty
    std::string artist;
};

class Decoder {
public:
    /// Opens the track and goes to `start` (>= 0). Throws TranscodeFailure (no audio, unreadable, not found, cancelled...).
    Decoder(const Track& track, MediaTime start, AddressPolicy addresses, std::stop_token stop);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    [[nodiscard]] const StreamInfo& info() const;

    /// Appends some interleaved samples (L R L R...) to `pcm`; false at the end. Throws TranscodeFailure when cancelled.
    [[nodiscard]] bool read(std::vector<float>& pcm);

private:
    class Media;
    std::unique_ptr<Media> media_;
};

}  // namespace musicspace::transcoder
