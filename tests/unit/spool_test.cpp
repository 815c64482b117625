// A spool against a site that misbehaves in each of the known ways. What is read has to be the file, byte for byte.

#include "transcoder/source/spool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <optional>
#include <random>

#include "tests/unit/scripted_site.h"

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;
using Request = ScriptedSite::Request;
using Connection = ScriptedSite::Connection;

std::string random_bytes(std::size_t count, unsigned seed = 1) {
    std::mt19937 dice(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice());
    return bytes;
}

class SpoolTest : public testing::Test {
protected:
    void open(const ScriptedSite& site, SpoolLimits limits = {}) {
        Track track;
        track.media_url = site.url();
        SpoolOptions options;
        options.directory = testing::TempDir();
        options.addresses = AddressPolicy::allow_private;
        options.limits = limits;
        options.space = space;
        options.transfer = {.first_byte = 2s, .stall = 150ms};
        options.resolve_again = [this](const std::stop_token&) {
            ++resolved;
            Track fresh;
            fresh.media_url = fresh_url;
            return fresh;
        };
        options.on_trouble = [this](const std::string& what) {
            const std::lock_guard lock(mutex);
            troubles.push_back(what);
            told.notify_all();
        };
        spool = Spool::open(threads, track, std::move(options));
        edition = spool->edition();
    }

    // Up to `count` bytes from `offset`, fewer only at the end.
    std::string read(std::int64_t offset, std::size_t count) {
        std::string bytes;
        std::vector<std::uint8_t> part(8192);
        while (bytes.size() < count) {
            const std::size_t got = spool->read(edition, offset + static_cast<std::int64_t>(bytes.size()), part, stop.get_token());
            if (got == 0) break;
            bytes.append(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
        }
        bytes.resize(std::min(bytes.size(), count));
        return bytes;
    }
    void await_all() {
        while (!spool->complete()) std::this_thread::yield();
    }

    const std::string file = random_bytes(1 << 20);
    std::string fresh_url;
    std::atomic<int> resolved = 0;
    std::mutex mutex;
    std::condition_variable told;
    std::vector<std::string> troubles;
    std::shared_ptr<SpoolSpace> space;
    std::stop_source stop;
    std::uint64_t edition = 0;
    WorkerThreads threads{4};
    std::shared_ptr<Spool> spool;
};

TEST_F(SpoolTest, GivesTheFileAndItsSize) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    open(site);
    EXPECT_EQ(spool->size(stop.get_token()), 1 << 20);
    EXPECT_TRUE(read(0, file.size()) == file);
    EXPECT_EQ(read(static_cast<std::int64_t>(file.size()), 10), "");
}

TEST_F(SpoolTest, EachByteIsPulledOnceHoweverOftenItIsRead) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    open(site);
    // A jump while bytes are still coming in may cost what is under way: how much depends on the line (kGrace).
    await_all();
    std::mt19937 dice(3);
    for (int i = 0; i < 30; ++i) {
        const auto at = static_cast<std::int64_t>(dice() % file.size());
        EXPECT_TRUE(read(at, 5000) == file.substr(static_cast<std::size_t>(at), 5000));
    }
    EXPECT_LE(site.bytes_sent(), static_cast<std::int64_t>(file.size()) * 105 / 100);
}

TEST_F(SpoolTest, AReadFarAheadDoesNotWaitForWhatIsBefore) {
    std::promise<void> release;
    auto released = release.get_future().share();
    ScriptedSite site([&](const Request& request, const Connection& connection) {
        if (request.from == 0) {
            ScriptedSite::serve(request, connection, file, 100'000);
            released.wait();
        } else {
            ScriptedSite::serve(request, connection, file);
        }
    });
    open(site);
    EXPECT_TRUE(read(0, 50'000) == file.substr(0, 50'000));
    EXPECT_TRUE(read(900'000, 1000) == file.substr(900'000, 1000));
    release.set_value();
    await_all();
    EXPECT_TRUE(read(0, file.size()) == file);
}

TEST_F(SpoolTest, ASiteThatIgnoresRangesServesAsWell) {
    ScriptedSite site([this](const Request&, const Connection& connection) {
        connection.text("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(file.size()) + "\r\n\r\n");
        connection.body(file);
    });
    open(site);
    EXPECT_TRUE(read(700'000, 1000) == file.substr(700'000, 1000));
    EXPECT_TRUE(read(0, file.size()) == file);
    EXPECT_EQ(site.requests().size(), 1U) << site.requests().back().from;
}

TEST_F(SpoolTest, ASiteThatTellsNoSizeServesAsWell) {
    ScriptedSite site([this](const Request&, const Connection& connection) {
        connection.text("HTTP/1.0 200 OK\r\n\r\n");
        connection.body(file);
    });
    open(site);
    EXPECT_TRUE(read(0, file.size() + 1) == file);
}

TEST_F(SpoolTest, AnEmptyFileIsEmpty) {
    ScriptedSite site([](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, ""); });
    open(site);
    EXPECT_EQ(read(0, 10), "");
}

// Each fault strikes the first requests after some bytes; then the site is well again.
struct Strike {
    const char* name;
    std::function<void(const Request&, const Connection&, const std::string&)> strike;
};

TEST_F(SpoolTest, SurvivesEachFaultWithoutAMissingOrRepeatedByte) {
    const std::vector<Strike> faults{
        {"hangs up", [](const Request& r, const Connection& c, const std::string& f) { ScriptedSite::serve(r, c, f, 90'000); }},
        {"reset",
         [](const Request& r, const Connection& c, const std::string& f) {
             ScriptedSite::serve(r, c, f, 90'000);
             c.reset();
         }},
        {"stalls",
         [](const Request& r, const Connection& c, const std::string& f) {
             ScriptedSite::serve(r, c, f, 90'000);
             c.await_hang_up();
         }},
        {"500", [](const Request&, const Connection& c, const std::string&) { c.text("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"); }},
        {"429", [](const Request&, const Connection& c,
                   const std::string&) { c.text("HTTP/1.1 429 Slow down\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"); }},
    };
    for (const Strike& fault : faults) {
        SCOPED_TRACE(fault.name);
        ScriptedSite site([&](const Request& request, const Connection& connection) {
            // Bytes first, so that the track is known to be good.
            if (request.number == 1) {
                ScriptedSite::serve(request, connection, file, 200'000);
            } else if (request.number <= 3) {
                fault.strike(request, connection, file);
            } else {
                ScriptedSite::serve(request, connection, file);
            }
        });
        open(site);
        EXPECT_TRUE(read(0, file.size()) == file);
        spool.reset();
    }
}

TEST_F(SpoolTest, AnExpiredAddressIsResolvedAnewAndPullingGoesOnAtTheSameByte) {
    for (const char* status : {"403 Expired", "410 Gone", "404 Moved"}) {
        SCOPED_TRACE(status);
        ScriptedSite site([&](const Request& request, const Connection& connection) {
            if (request.path == "/fresh") {
                ScriptedSite::serve(request, connection, file);
            } else if (request.number == 1) {
                ScriptedSite::serve(request, connection, file, 300'000);
            } else {
                connection.text(std::string("HTTP/1.1 ") + status + "\r\nContent-Length: 0\r\n\r\n");
            }
        });
        fresh_url = site.url("/fresh");
        resolved = 0;
        open(site);
        EXPECT_TRUE(read(0, file.size()) == file);
        EXPECT_EQ(resolved, 1);
        EXPECT_EQ(site.requests().back().from, 300'000);
        spool.reset();
    }
}

TEST_F(SpoolTest, AFreshAddressWithAnotherFileIsAnotherEdition) {
    const std::string other = random_bytes(500'000, 2);
    ScriptedSite site([&](const Request& request, const Connection& connection) {
        if (request.path == "/fresh") {
            ScriptedSite::serve(request, connection, other);
        } else if (request.number == 1) {
            ScriptedSite::serve(request, connection, file, 300'000);
        } else {
            connection.text("HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n");
        }
    });
    fresh_url = site.url("/fresh");
    open(site);
    try {
        static_cast<void>(read(0, file.size()));
        FAIL() << "bytes of two files were mixed";
    } catch (const TranscodeFailure& failure) {
        EXPECT_EQ(failure.fault(), Fault::changed);
    }
    edition = spool->edition();
    EXPECT_TRUE(read(0, other.size()) == other);
}

TEST_F(SpoolTest, WhatStaysBrokenIsGivenUpWithAReasonAndWhatWasPulledStays) {
    ScriptedSite site([this](const Request& request, const Connection& connection) {
        if (request.number == 1) {
            ScriptedSite::serve(request, connection, file, 300'000);
        } else {
            connection.text("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
        }
    });
    open(site);
    EXPECT_TRUE(read(0, 300'000) == file.substr(0, 300'000));
    EXPECT_THROW(static_cast<void>(read(300'000, 1)), TranscodeFailure);
    EXPECT_TRUE(read(1000, 299'000) == file.substr(1000, 299'000));
}

TEST_F(SpoolTest, TroubleIsToldAndItsEnd) {
    ScriptedSite site([this](const Request& request, const Connection& connection) {
        if (request.number == 1) {
            ScriptedSite::serve(request, connection, file, 300'000);
        } else if (request.number == 2) {
            connection.text("HTTP/1.1 503 Away\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
        } else {
            ScriptedSite::serve(request, connection, file);
        }
    });
    open(site);
    EXPECT_TRUE(read(0, file.size()) == file);
    // Its end is told after the bytes are there.
    std::unique_lock lock(mutex);
    ASSERT_TRUE(told.wait_for(lock, 10s, [this] { return !troubles.empty() && troubles.back().empty(); }));
    EXPECT_NE(troubles.front(), "");
}

TEST_F(SpoolTest, KeepsNoMoreThanItMayAndPullsLostBytesAgainWhenAsked) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    open(site, {.bytes = 200'000, .ahead = 50'000, .behind = 20'000});
    EXPECT_TRUE(read(0, file.size()) == file);
    EXPECT_TRUE(read(1000, 5000) == file.substr(1000, 5000));
}

TEST_F(SpoolTest, CancellingEndsABlockedReadAndTheThread) {
    ScriptedSite site([](const Request&, const Connection& connection) { connection.await_hang_up(); });
    open(site);
    auto reading = std::async(std::launch::async, [this] { return read(0, 1); });
    while (site.requests().empty()) std::this_thread::yield();
    stop.request_stop();
    EXPECT_THROW(reading.get(), TranscodeFailure);
    const auto begin = std::chrono::steady_clock::now();
    spool.reset();
    while (threads.running() > 0) std::this_thread::yield();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST_F(SpoolTest, ForbiddenAddressesAreNotContacted) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    Track track;
    track.media_url = site.url();
    SpoolOptions options;
    options.directory = testing::TempDir();
    spool = Spool::open(threads, track, std::move(options));
    edition = spool->edition();
    try {
        static_cast<void>(read(0, 1));
        FAIL();
    } catch (const TranscodeFailure& failure) {
        EXPECT_EQ(failure.fault(), Fault::forbidden_target);
    }
    EXPECT_TRUE(site.requests().empty());
}

// What read() throws.
TranscodeError failure_of(const std::function<void()>& reading) {
    try {
        reading();
    } catch (const TranscodeFailure& failure) {
        return failure.value();
    }
    return {};
}

TEST_F(SpoolTest, OnADiskThatIsFullItDoesNotBegin) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    space = std::make_shared<SpoolSpace>(1 << 30, [] { return DiskSpace{1 << 30, 1 << 20}; });
    open(site);
    const TranscodeError error = failure_of([&] { (void)read(0, 1000); });
    EXPECT_EQ(error.fault, Fault::disk_full);
    EXPECT_NE(error.detail.find("disk is full"), std::string::npos) << error.detail;
}

TEST_F(SpoolTest, WhereOthersTakeAllTheSpaceItDoesNotBegin) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    space = std::make_shared<SpoolSpace>(1 << 30, [] { return std::nullopt; });
    space->change(1 << 30);
    open(site);
    const TranscodeError error = failure_of([&] { (void)read(0, 1000); });
    EXPECT_EQ(error.fault, Fault::too_busy);
    EXPECT_NE(error.detail.find("disk space"), std::string::npos) << error.detail;
}

TEST_F(SpoolTest, WithLittleSpaceItKeepsLittleAndGivesTheWholeFile) {
    const std::string large = random_bytes(6 << 20, 5);
    ScriptedSite site([&](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, large); });
    constexpr std::int64_t kTotal = 2 << 20;
    space = std::make_shared<SpoolSpace>(kTotal, [] { return std::nullopt; });
    open(site);
    std::int64_t most = 0;
    std::string bytes;
    std::vector<std::uint8_t> part(65'536);
    while (const std::size_t got = spool->read(edition, static_cast<std::int64_t>(bytes.size()), part, stop.get_token())) {
        bytes.append(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
        most = std::max(most, space->used());
    }
    EXPECT_TRUE(bytes == large);
    // A reader that waits gets its bytes in any case: some pieces from the network beyond the limit.
    EXPECT_LT(most, kTotal + (2 << 20));
    spool.reset();
    while (space->used() > 0) std::this_thread::yield();
}

TEST_F(SpoolTest, AFolderThatIsMissingIsReportedByTheReadAndNotByOpening) {
    ScriptedSite site([this](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
    Track track;
    track.media_url = site.url();
    SpoolOptions options;
    options.directory = "/no/such/folder";
    options.addresses = AddressPolicy::allow_private;
    spool = Spool::open(threads, track, std::move(options));
    ASSERT_NE(spool, nullptr);
    EXPECT_EQ(failure_of([&] { (void)spool->read(1, 0, std::span<std::uint8_t>(), stop.get_token()); }).fault, Fault::internal);
}

TEST_F(SpoolTest, NumbersBeyondAllSenseOverflowNothing) {
    ScriptedSite site([this](const Request& request, const Connection& connection) {
        if (request.number == 1) {
            connection.text("HTTP/1.1 503 Busy\r\nRetry-After: 9223372036854775807\r\nContent-Length: 0\r\n\r\n");
        } else {
            ScriptedSite::serve(request, connection, file);
        }
    });
    open(site);
    EXPECT_TRUE(read(0, 1000) == file.substr(0, 1000));
}

}  // namespace
}  // namespace musicspace::transcoder
