#include "transcoder/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "transcoder/fence/borrowed_process.h"

namespace musicspace::transcoder {

namespace {

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
    Pipe() {
        std::array<int, 2> fds{};
        if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
        read_end = Descriptor(fds[0]);
        write_end = Descriptor(fds[1]);
        ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    }
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct Start {
    char* const* arguments;
    char* const* environment;
    int output;
    int error;
    int null;
    const PreparedFence* fence;
    int failure = 0;  ///< the child's errno: its memory is the parent's until it has become the program
};

// No signal handler of the parent's may run in the child, which has the parent's memory.
// By the system call itself: a sanitizer's sigaction() would note it in memory that is the parent's, too.
void forget_signal_handlers() {
    struct {
        std::uint64_t handler;
        std::uint64_t flags;
        std::uint64_t restorer;
        std::uint64_t mask;
    } by_default{};
    for (int number = 1; number < NSIG; ++number) ::syscall(SYS_rt_sigaction, number, &by_default, nullptr, sizeof by_default.mask);
}

// The parent's thread waits meanwhile, its other threads go on: async-signal-safe calls only, and nothing of the parent's is written to.
int become_program(void* argument) {
    Start& start = *static_cast<Start*>(argument);
    ::setpgid(0, 0);
    forget_signal_handlers();
    if (::dup2(start.null, STDIN_FILENO) >= 0 && ::dup2(start.output, STDOUT_FILENO) >= 0 && ::dup2(start.error, STDERR_FILENO) >= 0 &&
        (start.fence == nullptr || start.fence->enter_process())) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close_range(STDERR_FILENO + 1, ~0U, 0);  // listeners' sockets carry no close-on-exec flag
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);  // NOLINT(concurrency-mt-unsafe): a child has but one thread
        ::execvpe(start.arguments[0], start.arguments, start.environment);
    }
    start.failure = errno;
    ::_exit(127);
}

}  // namespace

Child::Child(std::vector<std::string> arguments, std::vector<std::string> environment, const PreparedFence* fence) {
    const std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    Pipe output_pipe;
    Pipe error_pipe;
    const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (null.get() < 0) throw std::system_error(errno, std::generic_category(), "/dev/null");
    Start start{
        argument_pointers.data(), environment_pointers.data(), output_pipe.write_end.get(), error_pipe.write_end.get(), null.get(), fence};
    const Started started = start_borrowed_process(become_program, &start, 0);
    if (started.process < 0) throw std::system_error(errno, std::generic_category(), "clone");
    pid_ = started.process;
    handle_ = Descriptor(started.handle);
    if (start.failure != 0) {
        end();
        throw std::system_error(start.failure, std::generic_category(), arguments.front());
    }
    output = std::move(output_pipe.read_end);
    error = std::move(error_pipe.read_end);
}

int Child::end() {
    if (pid_ < 0) return exit_code_;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // in case that it could not make the group
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
        if (errno != EINTR) break;
    }
    pid_ = -1;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

}  // namespace musicspace::transcoder
