#pragma once
// Link -> Track, through yt-dlp as a child process. Stateless but for its options; resolve() blocks the calling worker thread.

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "transcoder/fence/fence.h"
#include "transcoder/library.h"
#include "transcoder/listing.h"
#include "transcoder/track.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

/// What whoever hosts the server may tell yt-dlp. Never from members.
struct YtdlpSettings {
    std::string cookies{};                   ///< a cookies.txt; read only, copied for each call
    std::string proxy{};                     ///< in place of the egress guard, which then guards nothing
    std::string extractors{};                ///< as --use-extractors takes them; empty: all
    std::vector<std::string> arguments{};    ///< added to every call
    std::string search = "ytsearch";         ///< the site that is searched, as yt-dlp's prefix; empty: none
    std::vector<std::string> environment{};  ///< names of the server's variables that it gets besides those that it needs
};

/// Whether yt-dlp reaches the network as this server does, because a proxy of the host's own has to be reached. Pure.
[[nodiscard]] bool uses_host_network(const YtdlpSettings& settings);

/// A yt-dlp to run.
struct YtdlpProgram {
    std::string path = "yt-dlp";
    std::string js_runtime{};  ///< a Deno for a yt-dlp that is new enough to want one
};

struct ResolverOptions {
    std::function<YtdlpProgram()> ytdlp;       ///< asked before each call, on any thread
    std::string demo_file;                     ///< what kDemoLink plays
    std::shared_ptr<const Library> library{};  ///< empty: there is none
    std::string directory = "/tmp";            ///< for what yt-dlp keeps, and a folder of each call's own
    YtdlpSettings settings{};
    std::string proxy{};                              ///< every connection of yt-dlp goes through it
    std::uint16_t proxy_port = 0;                     ///< its port on the loopback interface
    bool fenced = true;                               ///< yt-dlp may do only what it needs
    std::shared_ptr<const PrivateNetwork> network{};  ///< where the proxy listens; empty: on this host
    std::chrono::milliseconds time_limit{30'000};
};

class Resolver {
public:
    explicit Resolver(ResolverOptions options);

    /// `link` as check_link() returned it. Throws TranscodeFailure; returns within 50 ms of a stop request.
    [[nodiscard]] Track resolve(const std::string& link, const std::stop_token& stop) const;

    /// What `link` leads to, without opening it: the tracks of a playlist, `most` of them, or the one track. As resolve().
    [[nodiscard]] Listing list(const std::string& link, std::size_t most, const std::stop_token& stop) const;

    /// What the site finds for `words`; nothing where no site is searched. As resolve().
    [[nodiscard]] Listing search(const std::string& words, std::size_t most, const std::stop_token& stop) const;

private:
    [[nodiscard]] Fence fence_for(const YtdlpProgram& program, const std::string& scratch) const;
    [[nodiscard]] std::string ask_ytdlp(std::vector<std::string> words, const std::string& link, const std::stop_token& stop) const;

    const ResolverOptions options_;
};

/// The Track in what `yt-dlp -J` printed for `link`. Throws TranscodeFailure. Pure.
[[nodiscard]] Track track_from_ytdlp(std::string_view json, const std::string& link);

}  // namespace musicspace::transcoder
