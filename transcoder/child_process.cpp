#include "transcoder/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself
}

namespace musicspace::transcoder {

namespace {

constexpr std::size_t kErrorTail = 64U << 10U;

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
    Pipe() {
        std::array<int, 2> fds{};
        if (::pipe2(fds.data(), O_CLOEXEC) != 0) fail("pipe");
        read_end = Descriptor(fds[0]);
        write_end = Descriptor(fds[1]);
    }
};

// Runs between fork and exec of a threaded process: async-signal-safe calls only.
[[noreturn]] void become_child(char* const* argv, char** environment, int output, int error, int exec_error, int null) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(null, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(error, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);  // NOLINT(concurrency-mt-unsafe): a child has but one thread
    ::signal(SIGPIPE, SIG_DFL);
    // Listeners' sockets carry no close-on-exec flag; the error pipe does and must stay open until exec.
    const int kept = ::fcntl(exec_error, F_DUPFD_CLOEXEC, 3);
    ::dup2(kept, 3);
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    ::close_range(4, ~0U, 0);
    ::environ = environment;
    ::execvp(argv[0], argv);
    const int code = errno;
    [[maybe_unused]] const auto written = ::write(3, &code, sizeof code);
    ::_exit(127);
}

// True while the pipe is open. Standard error keeps only its tail, standard output everything.
bool drain(Descriptor& pipe, std::string& into, std::size_t keep_tail) {
    std::array<char, 65536> chunk{};
    const ssize_t count = ::read(pipe.get(), chunk.data(), chunk.size());
    if (count > 0) {
        into.append(chunk.data(), static_cast<std::size_t>(count));
        if (keep_tail > 0 && into.size() > keep_tail) into.erase(0, into.size() - keep_tail);
        return true;
    }
    if (count < 0 && errno == EINTR) return true;
    pipe.reset();
    return false;
}

std::vector<std::string> environment_for(const ChildSpec& spec) {
    std::vector<std::string> variables;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        if (!spec.environment.contains(text.substr(0, text.find('=')))) variables.emplace_back(text);
    }
    for (const auto& [name, value] : spec.environment) {
        if (value) variables.push_back(std::string(name).append("=").append(*value));
    }
    return variables;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ChildResult run_child(const ChildSpec& spec, const std::stop_token& stop) {
    std::vector<char*> argv;
    argv.reserve(spec.arguments.size() + 1);
    for (const std::string& argument : spec.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);

    std::vector<std::string> variables = environment_for(spec);
    std::vector<char*> environment;
    environment.reserve(variables.size() + 1);
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);

    Pipe output;
    Pipe error;
    Pipe exec_error;
    const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (null.get() < 0 || wake.get() < 0) fail("open");

    const pid_t pid = ::fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        become_child(argv.data(), environment.data(), output.write_end.get(), error.write_end.get(), exec_error.write_end.get(),
                     null.get());
    }
    ::setpgid(pid, pid);
    output.write_end.reset();
    error.write_end.reset();
    exec_error.write_end.reset();

    int exec_code = 0;
    if (::read(exec_error.read_end.get(), &exec_code, sizeof exec_code) == sizeof exec_code) {
        wait_for(pid);
        throw std::system_error(exec_code, std::generic_category(), spec.arguments.front());
    }

    const std::stop_callback on_stop(stop, [&wake] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
    });

    ChildResult result;
    const auto deadline = std::chrono::steady_clock::now() + spec.time_limit;
    const Descriptor child(::pidfd_open(pid, 0));
    if (child.get() < 0) fail("pidfd_open");
    bool output_open = true;
    bool error_open = true;
    bool running = true;
    while (output_open || error_open || running) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (stop.stop_requested())
            result.end = ChildEnd::cancelled;
        else if (left.count() <= 0)
            result.end = ChildEnd::timed_out;
        else if (result.standard_output.size() > spec.output_limit)
            result.end = ChildEnd::too_much_output;
        if (result.end != ChildEnd::exited) break;

        std::array<pollfd, 4> waiting{{{output_open ? output.read_end.get() : -1, POLLIN, 0},
                                       {error_open ? error.read_end.get() : -1, POLLIN, 0},
                                       {running ? child.get() : -1, POLLIN, 0},
                                       {wake.get(), POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) fail("poll");
        if (waiting[0].revents != 0) output_open = drain(output.read_end, result.standard_output, 0);
        if (waiting[2].revents != 0) running = false;
        if (waiting[1].revents != 0) error_open = drain(error.read_end, result.standard_error, kErrorTail);
    }
    // Whatever the reason, nothing of the group stays behind: a grandchild may outlive a child that ended well.
    ::kill(-pid, SIGKILL);
    result.exit_code = wait_for(pid);
    return result;
}

}  // namespace musicspace::transcoder
