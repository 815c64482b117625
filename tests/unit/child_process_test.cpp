#include "transcoder/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

namespace musicspace::transcoder {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

ChildSpec shell(const std::string& script) { return {{"/bin/sh", "-c", script}, milliseconds(10'000), 1U << 20U, {}}; }

TEST(ChildProcess, GetsTheEnvironmentItIsMeantTo) {
    ChildSpec spec = shell("echo \"$HOME|$MUSICSPACE_TEST_ADDED|$PATH\"");
    spec.environment = {{"HOME", std::nullopt}, {"MUSICSPACE_TEST_ADDED", "x y"}};
    const std::string expected = std::string("|x y|") + std::getenv("PATH") + "\n";  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(run_child(spec, {}).standard_output, expected);
}

TEST(ChildProcess, GivesOutputErrorAndExitCode) {
    const auto result = run_child(shell("printf out; printf err >&2; exit 3"), {});
    EXPECT_EQ(result.end, ChildEnd::exited);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.standard_output, "out");
    EXPECT_EQ(result.standard_error, "err");
}

TEST(ChildProcess, EndsAtItsTimeLimitWithItsWholeGroup) {
    auto spec = shell("tail -f /dev/null & echo $!; wait");
    spec.time_limit = milliseconds(300);
    const auto result = run_child(spec, {});
    EXPECT_EQ(result.end, ChildEnd::timed_out);
    const auto grandchild = static_cast<pid_t>(std::stol(result.standard_output));
    // Killed, then reaped by whoever adopted it; until then it is a zombie.
    const auto gone = [grandchild] {
        if (::kill(grandchild, 0) != 0) return errno == ESRCH;
        std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
        const std::string text((std::istreambuf_iterator<char>(stat)), {});
        return text.find(") Z") != std::string::npos || text.empty();
    };
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!gone() && Clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(gone());
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
        static_cast<void>(run_child({{"/nonexistent/program"}}, {}));
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
    }
}

}  // namespace
}  // namespace musicspace::transcoder
