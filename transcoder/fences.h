#pragma once
// The fences of this server: around yt-dlp, and around the threads that read media. Made at the start.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transcoder/fence/fence.h"
#include "transcoder/resolver.h"

namespace musicspace::transcoder {

/// The parts in force here: see PreparedFence::parts().
struct Fences {
    std::vector<std::string> ytdlp;
    std::vector<std::string> media;
};

/// Nothing where it is not wanted or not to be had.
[[nodiscard]] std::shared_ptr<PrivateNetwork> network_for_ytdlp(const ResolverOptions& options);

/// Around threads that start no program, write to no file, and open only what names and certificates need, and the host's own music.
/// They share their memory with the rest of the server: what has taken over such a thread altogether can go on from there. It stops
/// what only knows how to start a shell or to read a file.
[[nodiscard]] std::shared_ptr<const PreparedFence> fence_of_media(const ResolverOptions& options);

/// For WorkerThreads; empty without a fence.
[[nodiscard]] std::function<void()> entering(std::shared_ptr<const PreparedFence> fence);

/// Says in the log what there is and what is missing.
[[nodiscard]] Fences describe_fences(const ResolverOptions& options, const std::shared_ptr<const PrivateNetwork>& network,
                                     const std::shared_ptr<const PreparedFence>& media);

}  // namespace musicspace::transcoder
