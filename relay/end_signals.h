#pragma once
// SIGINT and SIGTERM, which ask the server to end, come to the I/O thread alone: in a thread that waits in the kernel for something else
// one could stay undelivered. Threads inherit what is blocked: make this before the others, on the I/O thread, and let the signals in when
// all run.

#include <csignal>

namespace musicspace::relay {

class EndSignals {
public:
    EndSignals() { change(SIG_BLOCK); }
    ~EndSignals() { let_in(); }
    EndSignals(const EndSignals&) = delete;
    EndSignals& operator=(const EndSignals&) = delete;

    void let_in() { change(SIG_UNBLOCK); }

private:
    static void change(int how) {
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGINT);
        sigaddset(&both, SIGTERM);
        ::pthread_sigmask(how, &both, nullptr);
    }
};

}  // namespace musicspace::relay
