#include "transcoder/child_process.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "transcoder/child.h"

namespace musicspace::transcoder {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorTail = 64U << 10U;
constexpr auto kLastWords = std::chrono::milliseconds(200);  // of a grandchild that holds the pipes open

// What a program needs to run at all, to write and sort as the host does, and to trust the certificates that the host trusts.
constexpr std::array<std::string_view, 11> kInherited{
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_*", "TMPDIR", "TZ", "SSL_CERT_DIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

bool matches(std::string_view pattern, std::string_view name) {
    if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == name;
}

// Reads what is there, up to `limit`. False when the pipe has ended.
bool drain(Descriptor& pipe, std::string& into, std::size_t limit) {
    std::array<char, 65536> piece{};
    while (into.size() <= limit) {
        const ssize_t count = ::read(pipe.get(), piece.data(), piece.size());
        if (count > 0) {
            into.append(piece.data(), static_cast<std::size_t>(count));
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            break;
        } else {
            pipe.reset();
            return false;
        }
    }
    return true;
}

void keep_tail(std::string& text) {
    if (text.size() > kErrorTail) text.erase(0, text.size() - kErrorTail);
}

}  // namespace

std::vector<std::string> child_environment(const ChildSpec& spec) {
    const auto is_inherited = [&spec](std::string_view name) {
        const auto fits = [name](std::string_view pattern) { return matches(pattern, name); };
        return !spec.environment.contains(name) && (std::ranges::any_of(kInherited, fits) || std::ranges::any_of(spec.inherited, fits));
    };
    std::vector<std::string> variables;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        if (is_inherited(text.substr(0, text.find('=')))) variables.emplace_back(text);
    }
    for (const auto& [name, value] : spec.environment) variables.push_back(std::string(name).append("=").append(value));
    return variables;
}

ChildResult run_child(const ChildSpec& spec, const std::stop_token& stop) {
    const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake.get() < 0) fail("eventfd");
    const std::stop_callback on_stop(stop, [&wake] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
    });
    ChildResult result;
    const auto deadline = Clock::now() + spec.time_limit;
    std::optional<PreparedFence> fence;
    if (spec.fence) fence.emplace(*spec.fence);
    Child child(spec.arguments, child_environment(spec), fence ? &*fence : nullptr);
    bool output_open = true;
    bool error_open = true;
    Clock::time_point exited = Clock::time_point::max();
    const auto running = [&exited] { return exited == Clock::time_point::max(); };
    while (output_open || error_open || running()) {
        const auto now = Clock::now();
        if (stop.stop_requested())
            result.end = ChildEnd::cancelled;
        else if (result.standard_output.size() > spec.output_limit)
            result.end = ChildEnd::too_much_output;
        else if (running() && now >= deadline)
            result.end = ChildEnd::timed_out;
        if (result.end != ChildEnd::exited || (!running() && now >= exited + kLastWords)) break;

        std::array<pollfd, 4> waiting{{{output_open ? child.output.get() : -1, POLLIN, 0},
                                       {error_open ? child.error.get() : -1, POLLIN, 0},
                                       {running() ? child.handle() : -1, POLLIN, 0},
                                       {wake.get(), POLLIN, 0}}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>((running() ? deadline : exited + kLastWords) - now);
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) fail("poll");
        // What the child has written is all there once it has ended.
        if (waiting[2].revents != 0) exited = Clock::now();
        if (waiting[0].revents != 0) output_open = drain(child.output, result.standard_output, spec.output_limit);
        if (waiting[1].revents != 0) {
            error_open = drain(child.error, result.standard_error, 2 * kErrorTail);
            keep_tail(result.standard_error);
        }
    }
    // Whatever the reason, nothing of the group stays behind: a grandchild may outlive a child that ended well.
    result.exit_code = child.end();
    return result;
}

}  // namespace musicspace::transcoder
