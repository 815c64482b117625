#pragma once
// Link -> Track, through yt-dlp as a child process. Stateless but for its options; resolve() blocks the calling worker thread.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "transcoder/track.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

struct ResolverOptions {
    std::string ytdlp = "yt-dlp";
    std::string demo_file;  ///< what kDemoLink plays
    std::string proxy{};    ///< every connection of yt-dlp goes through it
    std::chrono::milliseconds time_limit{30'000};
};

class Resolver {
public:
    explicit Resolver(ResolverOptions options) : options_(std::move(options)) {}

    /// `link` as check_link() returned it. Throws TranscodeFailure; returns within 50 ms of a stop request.
    [[nodiscard]] Track resolve(const std::string& link, const std::stop_token& stop) const;

private:
    const ResolverOptions options_;
};

/// The Track in what `yt-dlp -J` printed for `link`. Throws TranscodeFailure. Pure.
[[nodiscard]] Track track_from_ytdlp(std::string_view json, const std::string& link);

}  // namespace musicspace::transcoder
