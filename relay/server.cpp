#include "relay/server.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "db/migrations.h"
#include "relay/auth/tokens.h"
#include "relay/end_signals.h"
#include "relay/end_watch.h"
#include "relay/http/connection.h"
#include "relay/http/pending_replies.h"
#include "relay/http/router.h"
#include "relay/http/static_files.h"
#include "relay/key_file.h"
#include "relay/operator_socket.h"
#include "relay/room/room_directory.h"
#include "relay/session/websocket.h"
#include "relay/ticker.h"
#include "relay/work_shares.h"
#include "transcoder/ytdlp_keeper.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kLongestPause = std::chrono::seconds(1);  // between ticks
constexpr std::size_t kPictures = 12;                    // fetched at once, fewer than there are threads for
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kLongestEnd = std::chrono::milliseconds(4500);  // of five seconds

class Loop : public asio::io_context {
public:
    using asio::io_context::io_context;
    /// Ends all connections, while what they use is still there.
    using asio::execution_context::shutdown;
};

// What a handler throws ends what it was about: a connection, an answer. The rooms' own work is guarded by the rooms.
void run_supervised(asio::io_context& io, Metrics& metrics) {
    while (true) {
        try {
            io.run();
            return;
        } catch (const std::exception& error) {
            ++metrics.handlers_failed;
            spdlog::error("a handler failed: {}", error.what());
        }
    }
}

asio::ip::address address_of(const Config& config) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config.address, error);
    if (error) throw std::runtime_error("--address " + config.address + " is no IP address. Name one like 127.0.0.1, or :: for all.");
    return address;
}

tcp::acceptor listen_on(asio::io_context& io, const Config& config, const asio::ip::address& address) {
    tcp::acceptor acceptor(io);
    boost::system::error_code error;
    const auto open = [&](const tcp::endpoint& endpoint) {
        acceptor.open(endpoint.protocol(), error);
        if (error) return;
        acceptor.set_option(asio::socket_base::reuse_address(true));
        if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
        acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    };
    open({address, config.port});
    // "::" means every address; a machine without IPv6 still has the others.
    if (error == asio::error::address_family_not_supported && config.address == "::") open({tcp::v4(), config.port});
    if (error == asio::error::address_in_use) {
        throw std::runtime_error("Port " + std::to_string(config.port) +
                                 " is taken by another program. End that one, or choose another port with --port.");
    }
    if (error) throw std::runtime_error("Port " + std::to_string(config.port) + " cannot be listened on: " + error.message() + ".");
    return acceptor;
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, const ConnectionServices& services, Metrics& metrics) {
    asio::steady_timer pause(acceptor.get_executor());
    while (true) {
        // Descriptors are left for the music; who comes waits in the kernel's queue.
        while (services.admission.full()) {
            ++metrics.accept_pauses;
            pause.expires_after(kAcceptPause);
            co_await pause.async_wait(kAwait);
        }
        auto [error, socket] = co_await acceptor.async_accept(kAwait);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Out of file descriptors, most likely: listeners play on, newcomers wait.
            spdlog::warn("a connection could not be accepted: {}", error.message());
            ++metrics.accept_pauses;
            pause.expires_after(kAcceptPause);
            co_await pause.async_wait(kAwait);
            continue;
        }
        try {
            asio::co_spawn(acceptor.get_executor(), serve_connection(std::move(socket), services), asio::detached);
        } catch (const std::exception& failure) {  // no memory for one more: those that are there go on
            spdlog::error("a connection could not be served: {}", failure.what());
        }
    }
}

// Names that a browser may have this machine under.
FrontDoor front_door(const Config& config) {
    boost::system::error_code unnamed;
    std::string machine = asio::ip::host_name(unnamed);
    std::ranges::transform(machine, machine.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return {AddressRanges::parse(config.trusted_proxies), {parse_public_url(config.public_url), machine}};
}

transcoder::TranscoderLimits limits_of(const Config& config) {
    transcoder::TranscoderLimits limits;
    if (config.max_duration_minutes > 0) limits.duration = MediaDuration{kSampleRate * 60 * config.max_duration_minutes};
    // Work that is just ending has given back its share already, and still has its thread.
    constexpr std::size_t kEnding = 3;
    limits.resolves = config.max_resolves + kEnding;
    limits.pipelines = config.max_pipelines;
    limits.spool.bytes = std::int64_t{config.spool_megabytes} << 20U;
    limits.spools = std::int64_t{config.spool_total_megabytes} << 20U;
    limits.spool.ahead = std::min(limits.spool.ahead, limits.spool.bytes / 2);
    limits.spool.behind = std::min(limits.spool.behind, limits.spool.bytes / 4);
    return limits;
}

// As many as there may be descriptors, but for those that rooms, yt-dlp and Postgres need.
unsigned most_connections() {
    constexpr rlim_t kKept = 400;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 500;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<unsigned>(std::min<rlim_t>(limit.rlim_max > 2 * kKept ? limit.rlim_max - kKept : limit.rlim_max / 2, 1'000'000));
}

// One that was named is used as it is.
transcoder::YtdlpKeeperOptions keeper_options(const Config& config) {
    transcoder::YtdlpKeeperOptions options;
    options.directory = std::filesystem::absolute(config.data_dir).string() + "/yt-dlp";
    options.updates = config.ytdlp_updates && config.ytdlp.empty();
    options.environment = config.ytdlp_environment;
    options.fenced = config.fence;
    if (!config.ytdlp.empty()) {
        options.directory.clear();
        options.fallback = config.ytdlp;
    }
    return options;
}

transcoder::ResolverOptions resolver_options(const Config& config, const transcoder::YtdlpKeeper& keeper) {
    transcoder::ResolverOptions options;
    options.ytdlp = [&keeper, js_runtime = std::filesystem::exists(config.js_runtime) ? config.js_runtime : std::string()] {
        // Only a current one knows the option.
        const bool own = keeper.own();
        return transcoder::YtdlpProgram{keeper.program(), own ? js_runtime : std::string()};
    };
    options.demo_file = config.demo_track;
    options.directory = std::filesystem::absolute(config.data_dir).string();
    options.fenced = config.fence;
    if (!config.library.empty()) options.library = std::make_shared<const transcoder::Library>(config.library);
    options.settings = {config.ytdlp_cookies,   config.ytdlp_proxy, config.ytdlp_extractors,
                        config.ytdlp_arguments, config.search,      config.ytdlp_environment};
    return options;
}

std::string create_key_of(const Config& config) {
    if (config.create != CreatePolicy::key) return {};
    return config.create_key_file.empty() ? read_or_make_key(config.data_dir + "/create.key") : read_key(config.create_key_file);
}

void take_over(Revocations& revocations, const std::vector<db::Revocation>& ended) {
    for (const db::Revocation& each : ended) {
        if (each.session_id == 0) revocations.end_account(each.account_id, each.generation, each.revoked_at);
    }
    for (const db::Revocation& each : ended) {
        if (each.session_id != 0) revocations.end_session(each.account_id, each.session_id, each.revoked_at);
    }
}

}  // namespace

void run_server(const Config& config) {
    // Settings that are wrong are named before anything is opened.
    FrontDoor door = front_door(config);
    const asio::ip::address own_address = address_of(config);
    const bool open_to_network = !own_address.is_loopback();
    std::filesystem::create_directories(config.data_dir);
    Revocations revocations;
    const Tokens tokens(config.data_dir, revocations);
    const StaticFiles files(config.web_root);
    db::migrate(config.database, config.migrations);

    EndSignals end_signals;
    EndWatch end_watch;
    Metrics metrics;
    HelloWatch hellos;
    Loop io(1);
    const auto post = [&io](std::function<void()> function) { asio::post(io, std::move(function)); };
    db::Store store({.url = config.database}, post);
    const transcoder::YtdlpKeeper ytdlp(keeper_options(config));
    transcoder::Transcoder transcoder(
        resolver_options(config, ytdlp),
        config.allow_private_sources ? transcoder::AddressPolicy::allow_private : transcoder::AddressPolicy::public_only, limits_of(config),
        config.data_dir, post);
    auto calls = config.io_uring ? make_uring_calls() : nullptr;
    if (!calls) calls = make_plain_calls();
    spdlog::info("frames are sent with {}", calls->name());
    Sender* flushed = nullptr;
    Sender sender(std::move(calls), [&io, &flushed] { asio::post(io, [&flushed] { flushed->flush(); }); });
    flushed = &sender;
    Passwords passwords(post);
    Ticker ticker(io);
    AddressBudgets budgets({.links_per_minute = 4 * config.links_per_minute});
    WorkShares shares({.resolves = config.max_resolves, .pictures = kPictures, .pipelines = config.max_pipelines},
                      {post, [&ticker](ServerTime time) { ticker.by(time); }}, metrics);
    const LifePolicy life{.used_grace = std::chrono::seconds(config.empty_room_grace_seconds),
                          .unused_grace = std::chrono::seconds(config.unused_room_grace_seconds),
                          .suspend_after = std::chrono::seconds(config.suspend_after_seconds)};
    RoomDirectory directory({.empty_rooms = {.rooms = config.empty_rooms, .rooms_per_address = config.empty_rooms_per_address},
                             .kept_per_account = config.kept_rooms_per_account},
                            {transcoder,
                             store,
                             metrics,
                             passwords,
                             [&ticker](ServerTime time) { ticker.by(time); },
                             {.links_per_minute = config.links_per_minute, .listeners = config.room_size},
                             budgets,
                             shares,
                             life,
                             {}});
    Admission admission({most_connections(), config.connections_per_address, config.rooms_per_address}, metrics);
    Router router({directory, store, tokens, metrics, admission, budgets, shares, files, ytdlp, transcoder, passwords, revocations,
                   open_to_network, config.create, config.registration, create_key_of(config),
                   read_or_make_key(config.data_dir + "/admin.key")});

    PendingReplies replies(post);
    const WebSocketServices websockets{directory, tokens, budgets, sender, hellos, metrics};
    const ConnectionServices connections{
        .handle = [&router, &replies](const HttpRequest& request, const HttpReply& reply) { router.handle(request, replies.keep(reply)); },
        .body_limit = [&router](const HttpRequest& request) { return router.body_limit(request); },
        .take_websocket = [&websockets](Upgrade upgrade,
                                        Admission::Place place) { serve_websocket(std::move(upgrade), std::move(place), websockets); },
        .admission = admission,
        .door = std::move(door)};
    tcp::acceptor acceptor = listen_on(io, config, own_address);
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });

    bool has_rooms = true;
    const auto read = [&](const auto& answer) {
        has_rooms = !std::holds_alternative<db::StoreError>(answer);
        if (!has_rooms) io.stop();
        return has_rooms;
    };
    db::Beginning beginning;
    const auto open = [&](auto answer) {
        if (!read(answer)) return;
        directory.adopt(std::get<std::vector<db::RoomRow>>(answer), beginning.lives, ServerClock::now());
        asio::co_spawn(io, accept_all(acceptor, connections, metrics), asio::detached);
        ticker.start([&](ServerTime now) {
            hellos.tick(now);
            return std::min({directory.tick(now), shares.tick(now), now + kLongestPause});
        });
        std::printf("Music Space is ready: http://localhost:%u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
        std::fflush(stdout);
    };
    store.begin(life.used_grace.count(), life.unused_grace.count(), [&](std::variant<db::Beginning, db::StoreError> answer) {
        if (!read(answer)) return;
        beginning = std::get<db::Beginning>(std::move(answer));
        if (beginning.removed > 0) spdlog::info("{} rooms removed, nobody came back", beginning.removed);
        for (const std::string& address : beginning.banned) (void)budgets.bans().add(address);
        // Without them, tokens would be good that were ended.
        store.load_revocations(Revocations::kKept, [&](const auto& ended) {
            if (!read(ended)) return;
            take_over(revocations, std::get<std::vector<db::Revocation>>(ended));
            store.load_rooms(open);
        });
    });
    const OperatorSocket socket(io, config.data_dir,
                                [&router](const HttpRequest& request, const HttpReply& reply) { router.admin().obey(request, reply); });
    end_signals.let_in();
    run_supervised(io, metrics);
    spdlog::info("ending");
    end_watch.start(kLongestEnd);
    // What is still asked of the database and of workers is not answered: what the answers would use goes now.
    replies.end();
    store.end();
    io.shutdown();
    if (!has_rooms) {
        throw std::runtime_error(
            "The rooms cannot be read from the database, and without them people would lose theirs. The log says why; they are still "
            "stored. Start again once Postgres answers.");
    }
}

}  // namespace musicspace::relay
