#pragma once
// The server's settings. Each is a flag, a variable MUSICSPACE_X in the environment, and a line of the --config file.

#include <cstdint>
#include <optional>
#include <string>

namespace musicspace::relay {

struct Config {
    std::string address = "::";
    std::uint16_t port = 8080;
    std::string database;
    std::string data_dir = "var";
    std::string web_root;
    std::string migrations;
    std::string demo_track;
    std::string ytdlp = "yt-dlp";
    bool allow_private_sources = false;
    unsigned empty_room_grace_seconds = 60;
};

/// Nothing when the program has to end at once (--help, a wrong flag); `exit_code` says how.
[[nodiscard]] std::optional<Config> parse_config(int argc, const char* const* argv, int& exit_code);

}  // namespace musicspace::relay
