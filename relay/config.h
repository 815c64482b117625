#pragma once
// The server's settings. Each is a flag, a variable MUSICSPACE_X in the environment, and a line of the --config file.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace musicspace::relay {

struct Config {
    std::string address = "::";
    std::uint16_t port = 8080;
    std::string database;
    std::string data_dir = "var";
    std::string web_root;
    std::string migrations;
    std::string demo_track;
    std::string ytdlp;  ///< empty: the server's own, or the system's
    bool ytdlp_updates = true;
    std::string ytdlp_cookies;
    std::string ytdlp_proxy;
    std::string ytdlp_extractors;
    std::vector<std::string> ytdlp_arguments;
    std::string search = "ytsearch";
    std::string js_runtime;
    bool allow_private_sources = false;
    bool io_uring = true;
    std::string library;  ///< empty: none
    unsigned empty_room_grace_seconds = 60;
    // Limits; 0: none, where the flag's help says so.
    unsigned max_duration_minutes = 12 * 60;
    unsigned spool_megabytes = 256;
    unsigned max_resolves = 8;
    unsigned max_pipelines = 500;
    unsigned links_per_minute = 30;
    unsigned room_size = 10'000;
    unsigned connections_per_address = 200;
    unsigned rooms_per_address = 60;
};

/// Nothing when the program has to end at once (--help, a wrong flag); `exit_code` says how.
[[nodiscard]] std::optional<Config> parse_config(int argc, const char* const* argv, int& exit_code);

}  // namespace musicspace::relay
