#include "transcoder/fence/borrowed_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>

#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer takes clone() for a fork() and lets no thread start any more afterwards. It does not know it by this other name.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;
#define clone __clone
#endif

namespace musicspace::transcoder {

namespace {

constexpr std::size_t kStackBytes = 256U << 10U;

// Blocks all signals of this thread while a child shares this process's memory.
class SignalsHeld {
public:
    SignalsHeld() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

Started start_borrowed_process(BorrowedFunction function, void* argument, int flags) {
    const auto stack = std::make_unique_for_overwrite<std::byte[]>(kStackBytes);
    Started started;
    const SignalsHeld held;
    started.process =
        ::clone(function, stack.get() + kStackBytes, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | flags, argument, &started.handle);
    return started;
}

int in_borrowed_process(BorrowedFunction function, void* argument, int flags) {
    const Started started = start_borrowed_process(function, argument, flags);
    if (started.process < 0) return -1;
    ::close(started.handle);
    int status = 0;
    while (::waitpid(started.process, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace musicspace::transcoder
