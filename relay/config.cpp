#include "relay/config.h"

#include <CLI/CLI.hpp>

namespace musicspace::relay {

namespace {

void add_limits(CLI::App& app, Config& config) {
    const auto add = [&app](const char* flag, unsigned& value, unsigned least, unsigned most, const char* variable, const char* help) {
        app.add_option(flag, value, help)->envname(variable)->check(CLI::Range(least, most))->capture_default_str()->group("Limits");
    };
    add("--max-duration", config.max_duration_minutes, 0, 1'000'000, "MUSICSPACE_MAX_DURATION",
        "Minutes that a track may be long; 0: any length");
    add("--spool-size", config.spool_megabytes, 8, 1'000'000, "MUSICSPACE_SPOOL_SIZE",
        "Megabytes on disk that the track of one room may take; of longer ones a part is kept");
    add("--max-resolves", config.max_resolves, 1, 1'000, "MUSICSPACE_MAX_RESOLVES", "Links that are opened at once");
    add("--max-pipelines", config.max_pipelines, 2, 100'000, "MUSICSPACE_MAX_PIPELINES", "Tracks that are transcoded at once");
    add("--links-per-minute", config.links_per_minute, 0, 10'000, "MUSICSPACE_LINKS_PER_MINUTE",
        "Links that one member may open within a minute; 0: any number");
    add("--room-size", config.room_size, 0, 1'000'000, "MUSICSPACE_ROOM_SIZE", "Listeners that a room may have; 0: any number");
    add("--connections-per-address", config.connections_per_address, 0, 1'000'000, "MUSICSPACE_CONNECTIONS_PER_ADDRESS",
        "Connections that one address may have, but for this machine's own; 0: any number");
    add("--rooms-per-address", config.rooms_per_address, 0, 1'000'000, "MUSICSPACE_ROOMS_PER_ADDRESS",
        "Rooms that may be created from one address within an hour; 0: any number");
}

void add_ytdlp(CLI::App& app, Config& config) {
    config.js_runtime = MUSICSPACE_SOURCE_DIR "/node_modules/.bin/deno";
    constexpr const char* kGroup = "yt-dlp";
    app.add_option("--yt-dlp", config.ytdlp, "The yt-dlp program; without this the server keeps a current one of its own")
        ->envname("MUSICSPACE_YT_DLP")
        ->group(kGroup);
    app.add_flag("--yt-dlp-updates,!--no-yt-dlp-updates", config.ytdlp_updates,
                 "Fetch a current yt-dlp from the Python package index, daily")
        ->envname("MUSICSPACE_YT_DLP_UPDATES")
        ->capture_default_str()
        ->group(kGroup);
    app.add_option("--yt-dlp-cookies", config.ytdlp_cookies, "A cookies.txt for sites that want a sign-in; it is never changed")
        ->envname("MUSICSPACE_YT_DLP_COOKIES")
        ->check(CLI::ExistingFile)
        ->group(kGroup);
    app.add_option("--yt-dlp-proxy", config.ytdlp_proxy,
                   "An http proxy for yt-dlp, in place of the guard that keeps it out of private networks")
        ->envname("MUSICSPACE_YT_DLP_PROXY")
        ->group(kGroup);
    app.add_option("--yt-dlp-extractors", config.ytdlp_extractors, "Play from these sites only, as yt-dlp's --use-extractors names them")
        ->envname("MUSICSPACE_YT_DLP_EXTRACTORS")
        ->group(kGroup);
    app.add_option("--yt-dlp-argument", config.ytdlp_arguments, "One more argument for yt-dlp; may be given several times")
        ->envname("MUSICSPACE_YT_DLP_ARGUMENT")
        ->allow_extra_args(false)
        ->group(kGroup);
    app.add_option("--search", config.search, "The site that is searched, as yt-dlp's search prefix; empty: none")
        ->envname("MUSICSPACE_SEARCH")
        ->capture_default_str()
        ->group(kGroup);
    app.add_option("--js-runtime", config.js_runtime, "The Deno that the server's own yt-dlp runs sites' scripts with")
        ->envname("MUSICSPACE_JS_RUNTIME")
        ->group(kGroup);
}

}  // namespace

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
    app.add_option("--library", config.library, "A folder of sound files that rooms may browse, search and play")
        ->envname("MUSICSPACE_LIBRARY");
    add_ytdlp(app, config);
    app.add_flag("--io-uring,!--no-io-uring", config.io_uring, "Send with io_uring where the kernel allows it")
        ->envname("MUSICSPACE_IO_URING")
        ->capture_default_str();
    app.add_flag("--allow-private-sources", config.allow_private_sources, "Also play links into private networks and this machine")
        ->envname("MUSICSPACE_ALLOW_PRIVATE_SOURCES");
    app.add_option("--empty-room-grace", config.empty_room_grace_seconds, "Seconds until an empty room is removed")
        ->envname("MUSICSPACE_EMPTY_ROOM_GRACE")
        ->check(CLI::Range(0U, 31'536'000U))
        ->capture_default_str();
    add_limits(app, config);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    return config;
}

}  // namespace musicspace::relay
