#include "transcoder/worker_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <system_error>

#include "transcoder/pipeline.h"

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;

std::thread no_thread(const std::function<void()>& /*body*/) {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
}

WorkerThreads::OnLost keep_in(std::promise<LostJob>& lost) {
    return [&lost](LostJob why) { lost.set_value(why); };
}

TEST(WorkerThreads, RunsAJobAndAsksItToStop) {
    WorkerThreads threads(1);
    std::promise<void> running;
    std::promise<void> ended;
    const auto stop = threads.start(
        [&](const std::stop_token& token) {
            running.set_value();
            while (!token.stop_requested()) std::this_thread::yield();
            ended.set_value();
        },
        {});
    ASSERT_NE(stop, nullptr);
    running.get_future().wait();
    stop->request_stop();
    EXPECT_EQ(ended.get_future().wait_for(10s), std::future_status::ready);
}

TEST(WorkerThreads, TakesNoMoreThanItsLimit) {
    WorkerThreads threads(2);
    const auto until_stopped = [](const std::stop_token& token) {
        while (!token.stop_requested()) std::this_thread::yield();
    };
    const auto first = threads.start(until_stopped, {});
    EXPECT_NE(threads.start(until_stopped, {}), nullptr);
    EXPECT_EQ(threads.start(until_stopped, {}), nullptr);
    first->request_stop();
    EXPECT_NE(threads.start(until_stopped, {}), nullptr);
}

TEST(WorkerThreads, AJobWithoutAThreadIsReportedAndNothingWaitsForIt) {
    std::promise<LostJob> lost;
    std::atomic<bool> ran = false;
    {
        WorkerThreads threads(1, kBehindIo, no_thread);
        ASSERT_NE(threads.start([&](const std::stop_token&) { ran = true; }, keep_in(lost)), nullptr);
        auto told = lost.get_future();
        ASSERT_EQ(told.wait_for(10s), std::future_status::ready);
        EXPECT_EQ(told.get(), LostJob::no_thread);
    }
    EXPECT_FALSE(ran);
}

TEST(WorkerThreads, ThePlaceOfALostJobIsFreeAgain) {
    std::atomic<bool> exhausted = true;
    WorkerThreads threads(1, kBehindIo, [&](std::function<void()> body) {
        if (exhausted) return no_thread(body);
        return WorkerThreads::make_real_thread(std::move(body));
    });
    std::promise<LostJob> lost;
    ASSERT_NE(threads.start([](const std::stop_token&) {}, keep_in(lost)), nullptr);
    lost.get_future().wait();
    exhausted = false;
    std::promise<void> ran;
    while (!threads.start([&](const std::stop_token&) { ran.set_value(); }, {})) std::this_thread::yield();
    EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
}

TEST(WorkerThreads, AJobThatThrowsIsReportedAndEndsNothingElse) {
    WorkerThreads threads(2);
    std::promise<LostJob> lost;
    ASSERT_NE(threads.start([](const std::stop_token&) { throw std::runtime_error("broken"); }, keep_in(lost)), nullptr);
    EXPECT_EQ(lost.get_future().get(), LostJob::threw);
    std::promise<LostJob> lost_too;
    ASSERT_NE(threads.start([](const std::stop_token&) { throw 7; }, keep_in(lost_too)), nullptr);
    EXPECT_EQ(lost_too.get_future().get(), LostJob::threw);
}

// The starting thread may take its time to get a thread from the system: whoever asks for one does not wait.
TEST(WorkerThreads, StartingDoesNotWaitForTheThread) {
    std::promise<void> release;
    auto released = release.get_future().share();
    std::promise<void> ran;
    WorkerThreads threads(4, kBehindIo, [released](std::function<void()> body) {
        released.wait();
        return WorkerThreads::make_real_thread(std::move(body));
    });
    ASSERT_NE(threads.start([&](const std::stop_token&) { ran.set_value(); }, {}), nullptr);
    EXPECT_EQ(threads.running(), 1U);
    release.set_value();
    EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
}

TEST(WorkerThreads, APipelineWithoutAThreadFailsAsTooBusy) {
    WorkerThreads threads(1, kBehindIo, no_thread);
    std::promise<TranscodeError> failed;
    const auto media = std::make_shared<const Media>(Track{}, AddressPolicy::public_only, nullptr);
    const auto pipeline = Pipeline::start(
        threads, [](const std::function<void()>& function) { function(); }, media, {},
        {.on_opened = {}, .on_packets = {}, .on_ended = {}, .on_failed = [&](const TranscodeError& error) { failed.set_value(error); }});
    ASSERT_NE(pipeline, nullptr);
    const TranscodeError error = failed.get_future().get();
    EXPECT_EQ(error.fault, Fault::too_busy);
    EXPECT_NE(error.detail.find("thread"), std::string::npos);
}

}  // namespace
}  // namespace musicspace::transcoder
