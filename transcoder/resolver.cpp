#include "transcoder/resolver.h"

#include <spdlog/spdlog.h>

#include <stdlib.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "transcoder/child_process.h"
#include "transcoder/link.h"
#include "transcoder/resolver_errors.h"
#include "transcoder/ytdlp_fence.h"
#include "transcoder/ytdlp_json.h"

namespace musicspace::transcoder {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t kSmallestChunk = 64 << 10;
constexpr std::size_t kMostHeaders = 32;
constexpr std::size_t kMostHeaderBytes = 16U << 10U;

// RFC 9110 section 5: a name is a token, a value has no line ends. Else a site could write requests of its own.
bool is_header(const std::string& name, const std::string& value) {
    static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const auto is_token = [](unsigned char c) {
        return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
    };
    return !name.empty() && std::ranges::all_of(name, is_token) &&
           std::ranges::none_of(value, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

// Sites need half a dozen; servers refuse requests with more than these.
std::vector<std::pair<std::string, std::string>> headers_of(const Json& info) {
    std::vector<std::pair<std::string, std::string>> headers;
    const auto found = info.find("http_headers");
    if (found == info.end() || !found->is_object()) return headers;
    std::size_t bytes = 0;
    for (const auto& [name, value] : found->items()) {
        if (!value.is_string() || !is_header(name, value.get_ref<const std::string&>())) continue;
        bytes += name.size() + value.get_ref<const std::string&>().size();
        if (headers.size() >= kMostHeaders || bytes > kMostHeaderBytes) break;
        headers.emplace_back(name, value.get<std::string>());
    }
    return headers;
}

std::vector<Chapter> chapters_of(const Json& info) {
    std::vector<Chapter> chapters;
    const auto found = info.find("chapters");
    if (found == info.end() || !found->is_array()) return chapters;
    for (const Json& each : *found) {
        if (!each.is_object() || chapters.size() >= kMostChapters) continue;
        const auto start = duration_of(each, "start_time");
        std::string title = text_of(each, "title");
        if (start && !title.empty()) chapters.push_back({MediaTime{*start}, std::move(title)});
    }
    std::ranges::sort(chapters, {}, &Chapter::start);
    return chapters;
}

Track demo_track(const std::string& file) {
    Track track;
    track.link = kDemoLink;
    track.title = "Demo track";
    track.artist = "Music Space";
    track.file = file;
    return track;
}

// A folder that one call may write to, and that goes with it. yt-dlp writes the cookies that it has at its end back into their file: each
// call has a copy of its own, which only this server's user can read.
class CallFolder {
public:
    static constexpr const char* kPrefix = "yt-dlp-call-";

    CallFolder(const std::string& directory, const std::string& cookies) : path_(directory + "/" + kPrefix + "XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) {
            spdlog::error("a folder for yt-dlp cannot be made in {}", directory);
            throw TranscodeFailure(Fault::internal,
                                   "This server has no room for yt-dlp's files. Whoever hosts it finds the reason in the log.");
        }
        if (cookies.empty()) return;
        cookies_ = path_ + "/cookies.txt";
        std::ifstream from(cookies, std::ios::binary);
        if (std::ofstream to(cookies_, std::ios::binary); from && (to << from.rdbuf()).flush()) return;
        remove();
        spdlog::error("the cookies for yt-dlp cannot be read ({}), or not be copied to {}", cookies, directory);
        throw TranscodeFailure(Fault::internal,
                               "This server's cookies for yt-dlp cannot be read. Whoever hosts it finds the reason in the log.");
    }
    ~CallFolder() { remove(); }
    CallFolder(const CallFolder&) = delete;
    CallFolder& operator=(const CallFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Empty when there are none.
    [[nodiscard]] const std::string& cookies() const { return cookies_; }

private:
    void remove() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string path_;  // open to this server's user alone
    std::string cookies_;
};

std::string cache_of(const std::string& directory) { return directory + "/yt-dlp/cache"; }

}  // namespace

Track track_from_ytdlp(std::string_view json, const std::string& link) {
    const auto answer = read_answer(json);
    if (!answer) throw TranscodeFailure(Fault::internal, "yt-dlp gave an answer that could not be read.");
    const Json& parsed = *answer;
    const Json* info = &parsed;
    if (const auto entries = parsed.find("entries"); entries != parsed.end()) {
        if (!entries->is_array() || entries->empty() || !entries->front().is_object()) {
            throw TranscodeFailure(Fault::unsupported, "This playlist has nothing to play.");
        }
        info = &entries->front();
    }
    Track track;
    track.link = link;
    if (info != &parsed) {
        const auto count = parsed.find("playlist_count");
        track.of_playlist = count == parsed.end() || !count->is_number_unsigned() || count->get<std::uint64_t>() > 1;
        const std::string own = text_of(*info, "webpage_url");
        if (is_http(own) && own.size() <= kMaxLinkBytes) track.link = own;
    }
    track.title = first_of(*info, {"track", "title", "fulltitle", "id"});
    track.artist = first_of(*info, {"artist", "creator", "uploader", "channel"});
    track.media_url = text_of(*info, "url");
    track.artwork_url = text_of(*info, "thumbnail");
    if (!is_http(track.artwork_url)) track.artwork_url.clear();
    if (!is_http(track.media_url)) throw TranscodeFailure(Fault::unsupported, "No playable sound was found at this link.");
    if (const auto live = info->find("is_live"); live != info->end() && live->is_boolean()) track.is_live = live->get<bool>();
    if (const auto length = duration_of(*info, "duration"); length > MediaDuration{0}) track.duration = length;
    track.chapters = chapters_of(*info);
    if (const auto options = info->find("downloader_options"); options != info->end() && options->is_object()) {
        const auto chunk = options->find("http_chunk_size");
        if (chunk != options->end() && chunk->is_number_integer() && chunk->get<std::int64_t>() >= kSmallestChunk) {
            track.chunk_bytes = chunk->get<std::int64_t>();
        }
    }
    track.headers = headers_of(*info);
    return track;
}

// What a run that was killed has left goes at once.
Resolver::Resolver(ResolverOptions options) : options_(std::move(options)) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory, ignored)) {
        if (entry.path().filename().string().starts_with(CallFolder::kPrefix)) std::filesystem::remove_all(entry.path(), ignored);
    }
    std::filesystem::create_directories(cache_of(options_.directory), ignored);
    // Sites' sign-ins can lie there.
    std::filesystem::permissions(cache_of(options_.directory), std::filesystem::perms::owner_all, ignored);
}

bool uses_host_network(const YtdlpSettings& settings) {
    const auto names_proxy = [](const std::string& argument) { return argument.starts_with("--proxy"); };
    return !settings.proxy.empty() || std::ranges::any_of(settings.arguments, names_proxy);
}

Fence Resolver::fence_for(const YtdlpProgram& program, const std::string& scratch) const {
    Fence fence;
    fence.files = files_of_ytdlp({program.path, program.js_runtime, options_.settings.arguments, options_.settings.environment, scratch,
                                  cache_of(options_.directory)});
    fence.limits.emplace();
    if (uses_host_network(options_.settings)) {
        fence.calls.datagrams = true;  // for the proxy's name
    } else {
        fence.files.bounds_ports = true;
        fence.files.ports = {options_.proxy_port};
        fence.network = options_.network;
    }
    return fence;
}

// Runs yt-dlp with `words` for `link`, which may be a search too, and returns what it printed. Throws TranscodeFailure.
std::string Resolver::ask_ytdlp(std::vector<std::string> words, const std::string& link, const std::stop_token& stop) const {
    const YtdlpProgram program = options_.ytdlp();
    const CallFolder folder(options_.directory, options_.settings.cookies);
    ChildSpec spec;
    spec.time_limit = options_.time_limit;
    spec.arguments = {program.path, "--ignore-config", "--no-warnings", "--no-progress", "--socket-timeout", "10", "--dump-single-json"};
    const auto add = [&all = spec.arguments](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
    spec.arguments.insert(spec.arguments.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
    if (!program.js_runtime.empty()) add({"--js-runtimes", "deno:" + program.js_runtime, "--js-runtimes", "node"});
    if (!folder.cookies().empty()) add({"--cookies", folder.cookies()});
    if (!options_.settings.extractors.empty()) add({"--use-extractors", options_.settings.extractors});
    spec.arguments.insert(spec.arguments.end(), options_.settings.arguments.begin(), options_.settings.arguments.end());
    // Everything behind is a link, whatever it looks like.
    add({"--", link});
    // In the environment, not among the arguments: those are for every user of the machine to see.
    const std::string& proxy = options_.settings.proxy.empty() ? options_.proxy : options_.settings.proxy;
    // For every scheme: the guard serves no ftp, so that a link, a redirect or a page which leads there leads nowhere.
    for (const char* name : {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"})
        spec.environment[name] = proxy;
    spec.inherited = options_.settings.environment;
    spec.environment["TMPDIR"] = folder.path();
    spec.environment["XDG_CACHE_HOME"] = cache_of(options_.directory);
    if (options_.fenced) spec.fence = fence_for(program, folder.path());
    ChildResult result;
    try {
        result = run_child(spec, stop);
    } catch (const std::system_error& error) {
        spdlog::error("yt-dlp cannot be started ({}): {}. Install it or set --yt-dlp.", program.path, error.what());
        throw TranscodeFailure(Fault::internal, "This server's yt-dlp cannot be started. Whoever hosts it finds the reason in the log.");
    }
    switch (result.end) {
        case ChildEnd::cancelled:
            throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
        case ChildEnd::timed_out:
            throw TranscodeFailure(Fault::timed_out, "The site took too long to answer. Try again, or try another link.");
        case ChildEnd::too_much_output:
            throw TranscodeFailure(Fault::unsupported, "This link describes more than can be opened at once. Paste the link of one track.");
        case ChildEnd::exited:
            break;
    }
    if (result.exit_code != 0) {
        spdlog::info("yt-dlp refused a link: {}", result.standard_error.substr(0, 500));
        const TranscodeError error = explain_ytdlp_error(result.standard_error);
        throw TranscodeFailure(error.fault, error.detail);
    }
    return std::move(result.standard_output);
}

Track Resolver::resolve(const std::string& link, const std::stop_token& stop) const {
    if (link == kDemoLink) return demo_track(options_.demo_file);
    if (link.starts_with(kLibraryScheme)) {
        if (!options_.library) throw TranscodeFailure(Fault::not_found, "This server has no library of its own.");
        return options_.library->open(link);
    }
    return track_from_ytdlp(
        ask_ytdlp({"--no-playlist", "--playlist-items", "1", "--format", "bestaudio[acodec=opus]/bestaudio/best"}, link, stop), link);
}

Listing Resolver::list(const std::string& link, std::size_t most, const std::stop_token& stop) const {
    if (link == kDemoLink || link.starts_with(kLibraryScheme)) {
        const Track track = resolve(link, stop);
        return {{{track.link, track.title, track.artist, std::nullopt, {}}}, false, 0};
    }
    const std::string last = std::to_string(most + 1);  // one more, to know whether there are more
    return listing_from_ytdlp(ask_ytdlp({"--no-playlist", "--flat-playlist", "--playlist-end", last}, link, stop), link, most);
}

Listing Resolver::search(const std::string& words, std::size_t most, const std::stop_token& stop) const {
    if (options_.settings.search.empty()) return {};
    const std::string query = options_.settings.search + std::to_string(most) + ":" + words;
    try {
        return listing_from_ytdlp(ask_ytdlp({"--flat-playlist"}, query, stop), query, most);
    } catch (const TranscodeFailure& failure) {
        if (failure.fault() == Fault::unsupported) return {};  // nothing was found
        throw;
    }
}

}  // namespace musicspace::transcoder
