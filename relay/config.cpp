#include "relay/config.h"

#include <CLI/CLI.hpp>

namespace musicspace::relay {

std::optional<Config> parse_config(int argc, const char* const* argv, int& exit_code) {
    Config config;
    config.web_root = MUSICSPACE_SOURCE_DIR "/web/dist";
    config.migrations = MUSICSPACE_SOURCE_DIR "/db/migrations";
    config.demo_track = MUSICSPACE_SOURCE_DIR "/transcoder/demo/demo.opus";
    CLI::App app("Music Space: hear the same track at the same instant, together.");
    app.set_config("--config", "", "Read settings from this file (name=value lines)")->envname("MUSICSPACE_CONFIG");
    app.add_option("--address", config.address, "Address to listen on (:: is every one, IPv4 too)")
        ->envname("MUSICSPACE_ADDRESS")
        ->capture_default_str();
    app.add_option("--port", config.port, "Port to listen on; 0 picks a free one")->envname("MUSICSPACE_PORT")->capture_default_str();
    app.add_option("--database", config.database, "Postgres, as a URL or as key=value pairs")->envname("MUSICSPACE_DATABASE")->required();
    app.add_option("--data-dir", config.data_dir, "Where the server keeps its signing key")
        ->envname("MUSICSPACE_DATA_DIR")
        ->capture_default_str();
    app.add_option("--web-root", config.web_root, "The built page")->envname("MUSICSPACE_WEB_ROOT")->capture_default_str();
    app.add_option("--migrations", config.migrations, "The database's migrations")->envname("MUSICSPACE_MIGRATIONS")->capture_default_str();
    app.add_option("--demo-track", config.demo_track, "The track offered in an empty room")
        ->envname("MUSICSPACE_DEMO_TRACK")
        ->capture_default_str();
    app.add_option("--yt-dlp", config.ytdlp, "The yt-dlp program")->envname("MUSICSPACE_YT_DLP")->capture_default_str();
    app.add_flag("--allow-private-sources", config.allow_private_sources, "Also play links into private networks and this machine")
        ->envname("MUSICSPACE_ALLOW_PRIVATE_SOURCES");
    app.add_option("--empty-room-grace", config.empty_room_grace_seconds, "Seconds until an empty room is removed")
        ->envname("MUSICSPACE_EMPTY_ROOM_GRACE")
        ->check(CLI::Range(0U, 31'536'000U))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    return config;
}

}  // namespace musicspace::relay
