// Bytes of a client, as the server reads them: the request parser in pieces of any size, then whole HTTP connections and WebSockets on a
// socket pair, through the very code that serves them. The first byte says which. Whatever comes: an answer or an end, within limits.

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "relay/auth/tokens.h"
#include "relay/http/connection.h"
#include "relay/http/response_head.h"
#include "relay/http/upgrade_request.h"
#include "relay/session/websocket.h"
#include "tests/fuzz/demand.h"
#include "transcoder/transcoder.h"

using namespace musicspace;
using namespace musicspace::relay;
namespace asio = boost::asio;

namespace {

constexpr std::size_t kBodyLimit = 1000;

bool is_one_line(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

/// Bytes that choose sizes, taken from the end of the input.
class Choices {
public:
    explicit Choices(std::string_view& input) : input_(input) {}
    std::size_t below(std::size_t most) {
        if (input_.empty()) return 0;
        const auto last = static_cast<unsigned char>(input_.back());
        input_.remove_suffix(1);
        return last % most;
    }

private:
    std::string_view& input_;
};

void check_head(const RequestHead& head) {
    demand(!head.method.empty() && is_one_line(head.method));
    demand((head.path.starts_with('/') || head.path == "*") && is_one_line(head.path) && is_one_line(head.query));
    demand(head.host.empty() || parse_authority(head.host));
    demand(!(head.chunked && head.content_length != 0));
    demand(head.fields.size() <= RequestParser::kMaxFields);
    for (const auto& [name, value] : head.fields) demand(!name.empty() && is_one_line(name) && is_one_line(value));
    static const FrontDoor kDoor{AddressRanges::parse("loopback"), {parse_public_url("https://music.example"), "attic"}};
    for (const char* peer : {"127.0.0.1", "203.0.113.5"}) {
        const Entering entered = enter(kDoor, head, asio::ip::make_address(peer));
        demand(is_one_line(entered.request.address));
        // Whoever came through a proxy is never this machine; whoever comes from elsewhere is nobody else.
        demand(entered.request.address != "" || (std::string_view(peer) == "127.0.0.1" && !head.has("x-forwarded-for")));
        demand(std::string_view(peer) == "127.0.0.1" || entered.request.address == peer);
        if (entered.refusal) demand(!response_head(*entered.refusal, {}).empty());
    }
    const auto handshake = parse_handshake(head);
    if (const auto* accepted = std::get_if<Handshake>(&handshake)) demand(accepted->key.size() == 24 && !head.has_body());
}

struct Outcome {
    RequestParser::Stage stage;
    std::string body;
    std::size_t used;
};

Outcome parse(std::string_view input, std::size_t step) {
    RequestParser parser;
    std::size_t used = 0;
    bool begun = false;
    while (used < input.size()) {
        const std::size_t taken = parser.feed(input.substr(used, step));
        used += taken;
        if (parser.stage() == RequestParser::Stage::body && !begun) {
            begun = true;
            parser.limit_body(kBodyLimit);
        } else if (taken == 0) {
            break;
        }
    }
    demand(used <= RequestParser::kMaxHeadBytes + RequestParser::kMaxFramingBytes + kBodyLimit + 16);
    if (parser.stage() == RequestParser::Stage::refused) demand(parser.problem().status >= 400 && !parser.problem().detail.empty());
    if (parser.stage() == RequestParser::Stage::done) check_head(parser.head());
    std::string body = parser.take_body();
    demand(body.size() <= kBodyLimit);
    return {parser.stage(), std::move(body), used};
}

void fuzz_parser(std::string_view input) {
    Choices choices(input);
    const std::size_t step = 1 + choices.below(64);
    const Outcome whole = parse(input, input.size());
    const Outcome pieces = parse(input, step);
    demand(whole.stage == pieces.stage && whole.body == pieces.body && whole.used == pieces.used);
}

/// A server's end of a socket pair, and the client's; a new one for each input.
class Pair {
public:
    explicit Pair(asio::io_context& io) : server_(io) {
        int ends[2];
        demand(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        server_.assign(asio::ip::tcp::v4(), ends[0]);
        client_ = ends[1];
    }
    ~Pair() { ::close(client_); }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    asio::ip::tcp::socket server() { return std::move(server_); }

    void send(std::string_view bytes) const { (void)!::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    void end() const { ::shutdown(client_, SHUT_WR); }
    void receive(std::string& all) const {
        char some[4096];
        for (ssize_t size = 0; (size = ::recv(client_, some, sizeof some, 0)) > 0;) all.append(some, static_cast<std::size_t>(size));
    }

private:
    asio::ip::tcp::socket server_;
    int client_ = -1;
};

struct Loop : asio::io_context {
    using asio::execution_context::shutdown;
};

// Answers are one after another, each as long as it says.
void check_answers(std::string_view answers) {
    while (!answers.empty()) {
        const auto end = answers.find("\r\n\r\n");
        demand(answers.starts_with("HTTP/1.1 ") && end != std::string_view::npos);
        const std::string_view head = answers.substr(0, end);
        answers.remove_prefix(end + 4);
        if (head.starts_with("HTTP/1.1 100 ")) continue;
        demand(head.find("\r\nX-Content-Type-Options: nosniff") != std::string_view::npos);
        const auto length = head.find("\r\nContent-Length: ");
        demand(length != std::string_view::npos);
        const auto size = std::strtoul(std::string(head.substr(length + 18)).c_str(), nullptr, 10);
        // An answer to HEAD has none of it.
        if (answers.starts_with("HTTP/1.1 ")) continue;
        answers.remove_prefix(std::min<std::size_t>(size, answers.size()));
    }
}

void run_until_idle(asio::io_context& io) {
    io.restart();
    while (io.poll() > 0) {
    }
}

// After each piece of `step` bytes the server does all that it can, and `answers` grows by what it sends.
void send_in_pieces(const Pair& pair, asio::io_context& io, std::string_view bytes, std::size_t step, std::string& answers) {
    while (!bytes.empty()) {
        pair.send(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        run_until_idle(io);
        pair.receive(answers);
    }
}

void fuzz_http(std::string_view input) {
    Choices choices(input);
    const std::size_t step = 1 + choices.below(250) * 8;
    Metrics metrics;
    Loop io;
    Admission admission({}, metrics);
    const ConnectionServices services{.handle =
                                          [](const HttpRequest& request, const HttpReply& reply) {
                                              demand(request.body.size() <= kBodyLimit);
                                              if (request.path == "/throws") throw std::runtime_error("as it was asked to");
                                              if (request.path != "/forgets")
                                                  reply(text_response(200, "text/plain", "body: " + request.body));
                                          },
                                      .body_limit = [](const HttpRequest&) { return kBodyLimit; },
                                      .take_websocket = [](Upgrade upgrade, Admission::Place) { demand(upgrade.key.size() == 24); },
                                      .admission = admission,
                                      .door = {AddressRanges::parse("loopback"), {}}};
    Pair pair(io);
    std::string answers;
    asio::co_spawn(io, serve_connection(pair.server(), services), asio::detached);
    send_in_pieces(pair, io, input, step, answers);
    pair.end();
    run_until_idle(io);
    pair.receive(answers);
    check_answers(answers);
    io.shutdown();
}

/// What a WebSocket talks to: a server without rooms.
struct World {
    World()
        : directory_path(std::filesystem::temp_directory_path() / ("musicspace-fuzz-" + std::to_string(::getpid()))),
          store({.url = "host=/nonexistent"}, post),
          transcoder({}, transcoder::AddressPolicy::public_only, {},
                     (std::filesystem::create_directories(directory_path), directory_path.string()), post),
          passwords(post),
          budgets({}),
          shares({}, {.post = post, .tick_by = [](ServerTime) {}}, metrics),
          directory({}, RoomServices{.transcoder = transcoder,
                                     .store = store,
                                     .metrics = metrics,
                                     .passwords = passwords,
                                     .tick_by = [](ServerTime) {},
                                     .budgets = budgets,
                                     .shares = shares}),
          tokens(directory_path.string(), revocations) {}

    const std::filesystem::path directory_path;
    const std::function<void(std::function<void()>)> post = [](const std::function<void()>&) {};
    Metrics metrics;
    db::Store store;
    transcoder::Transcoder transcoder;
    Passwords passwords;
    AddressBudgets budgets;
    WorkShares shares;
    RoomDirectory directory;
    const Revocations revocations;
    const Tokens tokens;
};

// The input is a row of frames, so that most of them are some: a byte of header, a byte of length, that many bytes.
std::string frames_of(std::string_view input) {
    std::string frames;
    while (input.size() >= 2) {
        const auto first = static_cast<unsigned char>(input[0]);
        const auto length = static_cast<unsigned char>(input[1]);
        input.remove_prefix(2);
        const std::string_view payload = input.substr(0, length);
        input.remove_prefix(payload.size());
        if (length == 255) {  // as it is: a frame that is none, or lies
            frames.append(payload);
            continue;
        }
        frames.push_back(static_cast<char>(first));
        if (payload.size() < 126) {
            frames.push_back(static_cast<char>(0x80 | payload.size()));
        } else {
            frames.push_back(static_cast<char>(0x80 | 126));
            frames.push_back(0);
            frames.push_back(static_cast<char>(payload.size()));
        }
        frames.append(4, '\0').append(payload);  // a mask of zeros
    }
    return frames;
}

void fuzz_websocket(std::string_view input) {
    static World& world = *new World;  // its threads and the log end with the process
    Choices choices(input);
    const std::size_t step = 1 + choices.below(250) * 8;
    const bool early = choices.below(2) == 0;
    const std::string frames = frames_of(input);
    std::string_view rest = frames;
    HelloWatch hellos;
    Loop io;
    Sender* flushed = nullptr;
    Sender sender(make_plain_calls(), [&io, &flushed] { asio::post(io, [&flushed] { flushed->flush(); }); });
    flushed = &sender;
    Admission admission({}, world.metrics);
    const WebSocketServices services{world.directory, world.tokens, world.budgets, sender, hellos, world.metrics};
    Pair pair(io);
    std::string answers;
    serve_websocket(
        {pair.server(), "dGhlIHNhbXBsZSBub25jZQ==", true, early ? std::string(rest.substr(0, step)) : std::string(), "203.0.113.5"},
        admission.admit(), services);
    if (early) rest.remove_prefix(std::min(step, rest.size()));
    run_until_idle(io);
    pair.receive(answers);
    demand(answers.starts_with("HTTP/1.1 101 "));
    send_in_pieces(pair, io, rest, step, answers);
    pair.end();
    run_until_idle(io);
    hellos.tick(ServerClock::now() + std::chrono::seconds(11));
    run_until_idle(io);
    pair.receive(answers);
    demand(hellos.size() == 0);
    io.shutdown();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    spdlog::set_level(spdlog::level::off);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            fuzz_parser(input);
            break;
        case 1:
            fuzz_http(input);
            break;
        default:
            fuzz_websocket(input);
    }
    return 0;
}
