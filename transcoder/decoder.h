#pragma once
// Media bytes -> stereo float PCM at 48 kHz, contiguous from an exact sample. Owned by one pipeline, used on its thread.
// Invariant: block n+1 starts at the sample after block n's last, whatever the container's time stamps say; holes that damage
// leaves are filled with silence, so that media time never slips.

#include <memory>
#include <vector>

#include "transcoder/media_time.h"

namespace musicspace::transcoder {

class Demuxer;

class Decoder {
public:
    /// `demuxer`: freshly opened; goes to `start` (>= 0). Throws TranscodeFailure (no audio, unreadable, cancelled...).
    Decoder(std::unique_ptr<Demuxer> demuxer, MediaTime start);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// Appends some interleaved samples (L R L R...) to `pcm`; false at the end. Throws TranscodeFailure when cancelled.
    [[nodiscard]] bool read(std::vector<float>& pcm);

private:
    class Reading;
    std::unique_ptr<Reading> reading_;
};

}  // namespace musicspace::transcoder
