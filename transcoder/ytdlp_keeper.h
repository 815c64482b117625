#pragma once
// Keeps a current yt-dlp of the server's own, because sites change every few weeks and distributions' versions are years old: a Python
// virtual environment in the data folder, filled from the Python package index, run once before it takes the place of the one before.
// Owned by main; works on a thread of its own, looks once a day. Thread-safe.

#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace musicspace::transcoder {

struct YtdlpKeeperOptions {
    std::string directory;            ///< made when missing; empty: none is kept, and `updates` is false
    std::string fallback = "yt-dlp";  ///< what is used while there is none of our own
    std::string python = "python3";
    bool updates = true;  ///< false: what is there is used, and the index is never asked
    std::chrono::seconds interval{24 * 3600};
    std::chrono::seconds retry{3600};        ///< after a failure
    bool fenced = true;                      ///< pip and yt-dlp write to `directory` only
    std::vector<std::string> environment{};  ///< names of the server's variables that yt-dlp and pip get besides those that they need
};

struct YtdlpStatus {
    std::string version;  ///< empty when it is not known yet, or there is none that runs
    bool own = false;     ///< kept by the server; else the fallback
    std::string warning;  ///< one sentence for whoever hosts this, empty when all is well
};

class YtdlpKeeper {
public:
    explicit YtdlpKeeper(YtdlpKeeperOptions options);

    /// The program to run, ours if there is one that runs; may change from one call to the next.
    [[nodiscard]] std::string program() const;
    [[nodiscard]] bool own() const;
    [[nodiscard]] YtdlpStatus status() const;

private:
    void work(const std::stop_token& stop);
    void look_at_what_is_there(const std::stop_token& stop);
    void update(const std::stop_token& stop);
    /// Its standard output. Throws when it fails, with the last line of what it complained about.
    std::string run(const std::stop_token& stop, std::chrono::seconds limit, std::vector<std::string> arguments) const;
    [[nodiscard]] bool has_newer(const std::stop_token& stop) const;
    void install(const std::stop_token& stop);
    void remove_all_but(const std::string& current, const std::string& previous) const;
    [[nodiscard]] std::string own_program() const;
    void set(const YtdlpStatus& status);

    const YtdlpKeeperOptions options_;
    mutable std::mutex mutex_;
    YtdlpStatus status_;
    std::jthread thread_;  ///< last: ends before what it uses
};

}  // namespace musicspace::transcoder
