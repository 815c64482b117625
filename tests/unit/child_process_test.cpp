#include "transcoder/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

namespace musicspace::transcoder {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

ChildSpec shell(const std::string& script) {
    ChildSpec spec;
    spec.arguments = {"/bin/sh", "-c", script};
    spec.time_limit = milliseconds(10'000);
    spec.output_limit = 1U << 20U;
    return spec;
}

// Killed, then reaped by whatever adopted it; until then it is a zombie.
bool is_gone(pid_t pid) {
    if (::kill(pid, 0) != 0) return errno == ESRCH;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    return text.find(") Z") != std::string::npos || text.empty();
}

bool ends(pid_t pid) {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!is_gone(pid) && Clock::now() < deadline) std::this_thread::yield();
    return is_gone(pid);
}

class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }  // NOLINT(concurrency-mt-unsafe)
    ~Variable() { ::unsetenv(name_); }                                                         // NOLINT(concurrency-mt-unsafe)
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

TEST(ChildProcess, GetsOfTheEnvironmentWhatItNeedsAndNothingElse) {
    const Variable secret("MUSICSPACE_DATABASE", "postgresql://user:secret@db/");
    const Variable other("SOMETHING_ELSE", "1");
    const Variable language("LC_MESSAGES", "C");
    const Variable named("NAMED", "n");
    const Variable one("GROUP_ONE", "1");
    const Variable longer("NAMED_LONGER", "n");
    ChildSpec spec = shell("");
    spec.arguments = {"env"};
    spec.inherited = {"NAMED", "GROUP_*"};
    spec.environment = {{"HOME", "/nowhere"}, {"ADDED", "x y"}};
    const std::string seen = std::string("\n").append(run_child(spec, {}).standard_output);
    EXPECT_NE(seen.find("\nPATH=" + std::string(std::getenv("PATH")) + "\n"), std::string::npos);  // NOLINT(concurrency-mt-unsafe)
    for (const char* wanted : {"\nHOME=/nowhere\n", "\nADDED=x y\n", "\nLC_MESSAGES=C\n", "\nNAMED=n\n", "\nGROUP_ONE=1\n"})
        EXPECT_NE(seen.find(wanted), std::string::npos) << wanted << seen;
    for (const char* unwanted : {"DATABASE", "secret", "SOMETHING_ELSE", "NAMED_LONGER"})
        EXPECT_EQ(seen.find(unwanted), std::string::npos) << unwanted << seen;
}

TEST(ChildProcess, GivesOutputErrorAndExitCode) {
    const auto result = run_child(shell("printf out; printf err >&2; exit 3"), {});
    EXPECT_EQ(result.end, ChildEnd::exited);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.standard_output, "out");
    EXPECT_EQ(result.standard_error, "err");
}

TEST(ChildProcess, GivesAllOfALongOutput) {
    const auto result = run_child(shell("head -c 1000000 /dev/zero | tr '\\0' x"), {});
    EXPECT_EQ(result.end, ChildEnd::exited);
    EXPECT_EQ(result.standard_output.size(), 1'000'000U);
    EXPECT_EQ(run_child(shell("kill -TERM $$"), {}).exit_code, 128 + SIGTERM);
}

TEST(ChildProcess, EndsAtItsTimeLimitWithItsWholeGroup) {
    auto spec = shell("tail -f /dev/null & echo $!; wait");
    spec.time_limit = milliseconds(300);
    const auto result = run_child(spec, {});
    EXPECT_EQ(result.end, ChildEnd::timed_out);
    EXPECT_TRUE(ends(static_cast<pid_t>(std::stol(result.standard_output))));
}

TEST(ChildProcess, AnswersWhenItHasEndedThoughAGrandchildHoldsItsPipes) {
    const auto begun = Clock::now();
    const auto result = run_child(shell("tail -f /dev/null & echo $!; printf answer"), {});
    EXPECT_LT(Clock::now() - begun, milliseconds(5'000));
    EXPECT_EQ(result.end, ChildEnd::exited);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(result.standard_output.ends_with("\nanswer")) << result.standard_output;
    EXPECT_TRUE(ends(static_cast<pid_t>(std::stol(result.standard_output))));
}

TEST(ChildProcess, EndsAtItsOutputLimit) {
    const auto result = run_child(shell("yes"), {});
    EXPECT_EQ(result.end, ChildEnd::too_much_output);
    EXPECT_LT(result.standard_output.size(), 2U << 20U);
}

TEST(ChildProcess, EndsWhenCancelled) {
    std::stop_source stop;
    const std::string started = testing::TempDir() + "child_started_" + std::to_string(::getpid());
    std::thread canceller([&] {
        const auto deadline = Clock::now() + std::chrono::seconds(10);
        while (!std::filesystem::exists(started) && Clock::now() < deadline) std::this_thread::yield();
        stop.request_stop();
    });
    const auto result = run_child(shell("touch '" + started + "'; tail -f /dev/null"), stop.get_token());
    canceller.join();
    std::filesystem::remove(started);
    EXPECT_EQ(result.end, ChildEnd::cancelled);
}

TEST(ChildProcess, AMissingProgramIsAnError) {
    try {
        ChildSpec spec;
        spec.arguments = {"/nonexistent/program"};
        static_cast<void>(run_child(spec, {}));
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
    }
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

// A sanitizer opens a pipe to see whether memory can be read, and takes an exception for a broken one when it gets none.
#if !defined(__SANITIZE_ADDRESS__)
// Descriptors run short at every single step of a start.
TEST(ChildProcess, NothingIsLeftOfAStartThatFailsHalfWay) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    int failed = 0;
    int succeeded = 0;
    for (rlim_t most = 3; most < 32; ++most) {
        const rlimit now{most, before.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
        try {
            static_cast<void>(run_child(shell("exit 0"), {}));
            ++succeeded;
        } catch (const std::system_error&) {
            ++failed;
        }
        ::setrlimit(RLIMIT_NOFILE, &before);
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "with " << most << " descriptors a child stays behind";
    }
    EXPECT_GE(failed, 5);
    EXPECT_GE(succeeded, 5);
}
#endif

TEST(ChildProcess, LeavesThisProcessAsItWas) {
    ::signal(SIGUSR2, SIG_IGN);
    const std::string environment = child_environment(ChildSpec{}).front();
    static_cast<void>(run_child(shell("true"), {}));
    EXPECT_EQ(::signal(SIGUSR2, SIG_DFL), SIG_IGN);
    sigset_t held;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &held);
    EXPECT_EQ(sigismember(&held, SIGTERM), 0);
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
    EXPECT_EQ(child_environment(ChildSpec{}).front(), environment);
}

TEST(ChildProcess, KeepsTheEndOfWhatItSaysOfErrors) {
    const auto result = run_child(shell("head -c 200000 /dev/zero | tr '\\0' x >&2; printf 'the last' >&2"), {});
    EXPECT_EQ(result.end, ChildEnd::exited);
    EXPECT_EQ(result.standard_error.size(), 64U << 10U);
    EXPECT_TRUE(result.standard_error.ends_with("xthe last"));
}

}  // namespace
}  // namespace musicspace::transcoder
