#include "transcoder/fences.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace musicspace::transcoder {

namespace {

struct Part {
    const char* name;
    const char* needs;
};
constexpr std::array kOfYtdlp{
    Part{"landlock", "Linux 5.13 with Landlock turned on"}, Part{"landlock_ports", "Linux 6.7 with Landlock turned on"},
    Part{"landlock_signals", "Linux 6.12 with Landlock turned on"}, Part{"seccomp", "seccomp filters on x86-64 or arm64"},
    Part{"network", "user namespaces that ordinary users may make"}};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

}  // namespace

std::shared_ptr<PrivateNetwork> network_for_ytdlp(const ResolverOptions& options) {
    if (!options.fenced || uses_host_network(options.settings)) return nullptr;
    return PrivateNetwork::make();
}

std::shared_ptr<const PreparedFence> fence_of_media(const ResolverOptions& options) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)options;
    return nullptr;  // their reports start programs
#else
    if (!options.fenced) return nullptr;
    Fence fence;
    fence.files.readable = system_paths();
    fence.files.readable.push_back(options.demo_file);
    if (options.library) fence.files.readable.push_back(options.library->root().string());
    fence.calls = {.starts_programs = false, .datagrams = true, .unix_sockets = true};
    return std::make_shared<const PreparedFence>(std::move(fence));
#endif
}

std::function<void()> entering(std::shared_ptr<const PreparedFence> fence) {
    if (!fence) return {};
    return [fence = std::move(fence)] {
        if (!fence->enter_thread()) spdlog::warn("a thread that reads media could not be fenced: error {}", errno);
    };
}

Fences describe_fences(const ResolverOptions& options, const std::shared_ptr<const PrivateNetwork>& network,
                       const std::shared_ptr<const PreparedFence>& media) {
    Fences fences;
    if (!options.fenced) {
        spdlog::warn("yt-dlp and the reading of media are not fenced (--no-fence)");
        return fences;
    }
    Fence fence;
    fence.limits.emplace();
    fence.network = network;
    fence.files.bounds_ports = !uses_host_network(options.settings);
    fences.ytdlp = PreparedFence(std::move(fence)).parts();
    if (media) fences.media = media->parts();
    spdlog::info("yt-dlp is fenced by {}; the threads that read media by {}", joined(fences.ytdlp),
                 fences.media.empty() ? "nothing" : joined(fences.media));
    for (const Part& part : kOfYtdlp) {
        if (std::ranges::count(fences.ytdlp, part.name) > 0) continue;
        if (uses_host_network(options.settings) && std::string_view(part.name) != "landlock" && std::string_view(part.name) != "seccomp")
            continue;
        spdlog::warn("yt-dlp's fence has no {} here, which needs {}", part.name, part.needs);
    }
    return fences;
}

}  // namespace musicspace::transcoder
