#include "transcoder/ytdlp_keeper.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <filesystem>
#include <stdexcept>

#include "transcoder/child_process.h"

namespace musicspace::transcoder {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr const char* kCurrent = "current";
constexpr const char* kWanted = "yt-dlp[default]";
// Where the host's package index is, how it is reached, and what pip is told besides (its configuration lies under HOME or XDG's).
constexpr std::array kOfPip{"PIP_*", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "XDG_CONFIG_*"};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

std::vector<std::string> pip(const std::string& python, std::vector<std::string> rest) {
    std::vector<std::string> words{python,      "-m", "pip",       "install", "--disable-pip-version-check", "--no-input", "--quiet",
                                   "--timeout", "15", "--retries", "1"};
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
}

}  // namespace

YtdlpKeeper::YtdlpKeeper(YtdlpKeeperOptions options) : options_(std::move(options)) {
    status_.own = !own_program().empty() && fs::exists(own_program());  // until it is known better
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

std::string YtdlpKeeper::own_program() const {
    return options_.directory.empty() ? std::string() : options_.directory + "/" + kCurrent + "/bin/yt-dlp";
}

std::string YtdlpKeeper::run(const std::stop_token& stop, seconds limit, std::vector<std::string> arguments) const {
    const std::string program = arguments.front();
    ChildSpec spec;
    spec.arguments = std::move(arguments);
    spec.time_limit = limit;
    spec.inherited = options_.environment;
    spec.inherited.insert(spec.inherited.end(), kOfPip.begin(), kOfPip.end());
    if (options_.fenced && !options_.directory.empty()) {
        // It reads what the host's settings of Python and pip name, wherever that lies, and reaches the network.
        Fence fence;
        fence.files.reads_everything = true;
        fence.files.writable = {options_.directory};
        fence.calls.datagrams = true;
        spec.fence = fence;
        spec.environment["TMPDIR"] = options_.directory + "/temporary";
        spec.environment["XDG_CACHE_HOME"] = options_.directory + "/cache";
        fs::create_directories(spec.environment["TMPDIR"]);
        fs::create_directories(spec.environment["XDG_CACHE_HOME"]);
    }
    const ChildResult result = run_child(spec, stop);
    if (result.end == ChildEnd::exited && result.exit_code == 0) return result.standard_output;
    throw std::runtime_error(result.end == ChildEnd::timed_out ? program + " took too long" : last_line(result.standard_error));
}

bool YtdlpKeeper::own() const {
    const std::lock_guard lock(mutex_);
    return status_.own;
}

std::string YtdlpKeeper::program() const { return own() ? own_program() : options_.fallback; }

YtdlpStatus YtdlpKeeper::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void YtdlpKeeper::set(const YtdlpStatus& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
}

void YtdlpKeeper::work(const std::stop_token& stop) {
    look_at_what_is_there(stop);
    std::mutex sleep;
    std::condition_variable_any never;
    while (options_.updates && !stop.stop_requested()) {
        seconds pause = options_.interval;
        try {
            update(stop);
        } catch (const std::exception& error) {
            if (stop.stop_requested()) return;
            spdlog::warn("a current yt-dlp could not be fetched: {}", error.what());
            YtdlpStatus now = status();
            now.warning = "A current yt-dlp could not be fetched, so links are opened with version " +
                          (now.version.empty() ? std::string("(none)") : now.version) +
                          ". Sites change often: some links may not open. The server's log has the reason, docs/hosting.md the remedies.";
            set(now);
            pause = options_.retry;
        }
        std::unique_lock lock(sleep);
        never.wait_for(lock, stop, pause, [] { return false; });
    }
}

// What an earlier run left serves at once, if it still runs.
void YtdlpKeeper::look_at_what_is_there(const std::stop_token& stop) {
    for (const bool own : {true, false}) {
        if (own && (own_program().empty() || !fs::exists(own_program()))) continue;
        try {
            const std::string version = first_line(run(stop, seconds(30), {own ? own_program() : options_.fallback, "--version"}));
            set({version, own, ""});
            spdlog::info("links are opened with yt-dlp {} ({})", version, own ? "the server's own" : "the system's");
            return;
        } catch (const std::exception& error) {
            if (stop.stop_requested()) return;
            spdlog::warn("{} does not run: {}", own ? "the server's own yt-dlp" : "the system's yt-dlp", error.what());
        }
    }
    set({"", false, "There is no yt-dlp that runs, so no link can be opened until one is installed: see docs/hosting.md."});
}

void YtdlpKeeper::update(const std::stop_token& stop) {
    if (!own() || has_newer(stop)) install(stop);
    YtdlpStatus now = status();
    now.warning.clear();
    set(now);
}

// As if nothing were installed: else pip takes what is there for an answer when it cannot reach the index.
bool YtdlpKeeper::has_newer(const std::stop_token& stop) const {
    const std::string python = options_.directory + "/" + kCurrent + "/bin/python";
    const auto installed = run(stop, seconds(30), {python, "-c", "from importlib.metadata import version; print(version('yt-dlp'))"});
    auto words = pip(python, {"--dry-run", "--ignore-installed", kWanted});
    std::erase(words, "--quiet");
    std::string answer = run(stop, seconds(120), words) + " ";
    std::ranges::replace(answer, '\n', ' ');
    return answer.find("yt-dlp-" + first_line(installed) + " ") == std::string::npos;
}

void YtdlpKeeper::install(const std::stop_token& stop) {
    fs::create_directories(options_.directory);
    const auto number = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const std::string name = "venv-" + std::to_string(number);
    const fs::path fresh = fs::path(options_.directory) / name;
    const fs::path link = fs::path(options_.directory) / kCurrent;
    try {
        (void)run(stop, seconds(120), {options_.python, "-m", "venv", fresh.string()});
        (void)run(stop, seconds(600), pip((fresh / "bin/python").string(), {"--upgrade", kWanted}));
        // Every extractor is loaded: what does not even get so far must not replace one that works.
        const std::string program = (fresh / "bin/yt-dlp").string();
        const std::string version = first_line(run(stop, seconds(60), {program, "--version"}));
        if (run(stop, seconds(60), {program, "--ignore-config", "--list-extractors"}).find("generic") == std::string::npos) {
            throw std::runtime_error("the new yt-dlp knows no sites");
        }
        std::error_code none;
        const std::string previous = fs::read_symlink(link, none).string();
        const fs::path swap = fs::path(options_.directory) / "next";
        fs::remove(swap, none);
        fs::create_symlink(name, swap);
        fs::rename(swap, link);
        set({version, true, ""});
        spdlog::info("links are opened with yt-dlp {} (the server's own) from now on", version);
        remove_all_but(name, previous);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(fresh, ignored);
        throw;
    }
}

// The one before stays: a child may still be running from it.
void YtdlpKeeper::remove_all_but(const std::string& current, const std::string& previous) const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(options_.directory, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("venv-") && name != current && name != previous) fs::remove_all(entry.path(), ignored);
    }
}

}  // namespace musicspace::transcoder
