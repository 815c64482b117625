#pragma once
// The server's settings. Each is a flag, a variable MUSICSPACE_X in the environment, and a line of the --config file.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relay/create_policy.h"

namespace musicspace::relay {

/// A call from the command line to a server that runs.
struct OperatorCall {
    enum class What { rooms, close, bans, ban, unban, reset_account, create_account };
    What what = What::rooms;
    std::string argument;  ///< the room's code, the address, or the account's name
};

struct Config {
    std::string address = "::";
    std::uint16_t port = 8080;
    std::string public_url;  ///< empty: not known
    std::string trusted_proxies = "loopback";
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
    std::vector<std::string> ytdlp_environment;  ///< names of variables
    bool fence = true;
    std::string search = "ytsearch";
    std::string js_runtime;
    bool allow_private_sources = false;
    bool io_uring = true;
    std::string library;  ///< empty: none
    unsigned empty_room_grace_seconds = 86'400;
    unsigned unused_room_grace_seconds = 60;
    unsigned suspend_after_seconds = 15;
    CreatePolicy create = CreatePolicy::anyone;
    std::string create_key_file;  ///< empty: create.key in the data folder
    bool registration = true;
    // Limits; 0: none, where the flag's help says so.
    unsigned max_duration_minutes = 12 * 60;
    unsigned spool_megabytes = 256;
    unsigned spool_total_megabytes = 8192;
    unsigned max_resolves = 8;
    unsigned max_pipelines = 500;
    unsigned links_per_minute = 30;
    unsigned room_size = 10'000;
    unsigned connections_per_address = 200;
    unsigned rooms_per_address = 60;
    unsigned empty_rooms = 5'000;
    unsigned empty_rooms_per_address = 100;
    unsigned kept_rooms_per_account = 10;

    std::optional<OperatorCall> call;  ///< nothing: run the server
};

/// Nothing when the program has to end at once (--help, a wrong flag); `exit_code` says how.
[[nodiscard]] std::optional<Config> parse_config(int argc, const char* const* argv, int& exit_code);

}  // namespace musicspace::relay
