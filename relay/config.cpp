#include "relay/config.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <memory>

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

void add_rooms(CLI::App& app, Config& config) {
    constexpr const char* kGroup = "Rooms and accounts";
    const auto add = [&](const char* flag, unsigned& value, unsigned most, const char* variable, const char* help) {
        app.add_option(flag, value, help)->envname(variable)->check(CLI::Range(0U, most))->capture_default_str()->group(kGroup);
    };
    constexpr unsigned kYear = 31'536'000;
    add("--empty-room-grace", config.empty_room_grace_seconds, kYear, "MUSICSPACE_EMPTY_ROOM_GRACE",
        "Seconds until a room is removed that was used and that nobody is in");
    add("--unused-room-grace", config.unused_room_grace_seconds, kYear, "MUSICSPACE_UNUSED_ROOM_GRACE",
        "Seconds until a room is removed in which nothing was played, queued or said, and that nobody is in");
    add("--suspend-after", config.suspend_after_seconds, kYear, "MUSICSPACE_SUSPEND_AFTER",
        "Seconds that the music goes on in a room that nobody is in; it waits then until somebody is back");
    add("--empty-rooms", config.empty_rooms, 10'000'000, "MUSICSPACE_EMPTY_ROOMS",
        "Rooms that wait for somebody to come back, in all; beyond that the oldest are removed; 0: any number");
    add("--empty-rooms-per-address", config.empty_rooms_per_address, 1'000'000, "MUSICSPACE_EMPTY_ROOMS_PER_ADDRESS",
        "The same, of those that were created from one address; 0: any number");
    add("--kept-rooms-per-account", config.kept_rooms_per_account, 1'000'000, "MUSICSPACE_KEPT_ROOMS_PER_ACCOUNT",
        "Rooms that each account may keep for good; 0: none");
    const std::map<std::string, CreatePolicy> policies{
        {"anyone", CreatePolicy::anyone}, {"accounts", CreatePolicy::accounts}, {"key", CreatePolicy::key}};
    app.add_option("--create", config.create, "Who may create rooms: anyone, accounts (people who are signed in), key (people who know it)")
        ->envname("MUSICSPACE_CREATE")
        ->transform(CLI::CheckedTransformer(policies).description("anyone, accounts or key"))
        ->default_str("anyone")
        ->group(kGroup);
    app.add_option("--create-key-file", config.create_key_file,
                   "The file with the key for --create key; without this create.key in the data folder, made at the first start")
        ->envname("MUSICSPACE_CREATE_KEY_FILE")
        ->check(CLI::ExistingFile)
        ->group(kGroup);
    const std::map<std::string, bool> switches{{"on", true}, {"off", false}};
    app.add_option("--registration", config.registration, "Whether people may make accounts themselves: on or off")
        ->envname("MUSICSPACE_REGISTRATION")
        ->transform(CLI::CheckedTransformer(switches).description("on or off"))
        ->default_str("on")
        ->group(kGroup);
}

// Each asks a server that runs, over a socket in its data folder.
void add_calls(CLI::App& app, std::optional<OperatorCall>& call) {
    using What = OperatorCall::What;
    const auto add = [&call](CLI::App& parent, const char* name, const char* help, What what, const char* argument,
                             const char* argument_help) {
        CLI::App* command = parent.add_subcommand(name, help)->fallthrough();
        const auto text = std::make_shared<std::string>();
        if (argument != nullptr) command->add_option(argument, *text, argument_help)->required();
        command->callback([&call, what, text] { call = OperatorCall{what, *text}; });
    };
    app.require_subcommand(0, 1);
    add(app, "rooms", "List the rooms of the server that runs", What::rooms, nullptr, nullptr);
    add(app, "close", "Close a room", What::close, "CODE", "The room's code");
    add(app, "bans", "List the addresses that are banned", What::bans, nullptr, nullptr);
    add(app, "ban", "Ban an address: it cannot create, join or hear rooms", What::ban, "ADDRESS",
        "An IPv4 or IPv6 address; of IPv6 its /64");
    add(app, "unban", "Lift the ban of an address", What::unban, "ADDRESS", "The address");
    CLI::App* account = app.add_subcommand("account", "Accounts of the server that runs")->fallthrough();
    account->require_subcommand(1);
    add(*account, "reset", "Give an account a new password, and end its sessions", What::reset_account, "NAME", "The account's name");
    add(*account, "create", "Make an account", What::create_account, "NAME", "The account's name");
}

// An empty answer is consent.
std::string is_variable_for_children(const std::string& name) {
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    if (name.empty() || !std::ranges::all_of(name, fits)) return "'" + name + "' is no name of a variable.";
    if (name == "MUSICSPACE_DATABASE") return name + " holds the database's password and is given to no other program.";
    return {};
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
    app.add_option("--yt-dlp-environment", config.ytdlp_environment,
                   "The name of a variable of the server's own environment that yt-dlp gets too; may be given several times")
        ->envname("MUSICSPACE_YT_DLP_ENVIRONMENT")
        ->allow_extra_args(false)
        ->check(is_variable_for_children)
        ->group(kGroup);
    app.add_flag("--fence,!--no-fence", config.fence, "Keep yt-dlp, and what reads media, from all that they do not need")
        ->envname("MUSICSPACE_FENCE")
        ->capture_default_str()
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
    app.add_option("--database", config.database, "Postgres, as a URL or as key=value pairs")->envname("MUSICSPACE_DATABASE");
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
    add_rooms(app, config);
    add_limits(app, config);
    add_calls(app, config.call);
    try {
        app.parse(argc, argv);
        if (!config.call && config.database.empty()) throw CLI::RequiredError("--database");
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    return config;
}

}  // namespace musicspace::relay
