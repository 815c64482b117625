// Pictures of searches: fetched from a site of the test's own, kept for a while and within bounds, shown to whom they were given out.

#include "relay/http/pictures.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>

#include "relay/metrics.h"
#include "tests/unit/scripted_site.h"

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;
using transcoder::ScriptedSite;

constexpr ServerTime kStart = server_time(1'000'000);

// What work is to be done on the I/O thread, which here is the test's own.
class Posted {
public:
    void post(std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(work));
        changed_.notify_all();
    }
    bool run_one() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 20s, [this] { return !all_.empty(); })) return false;
        const auto work = std::move(all_.front());
        all_.pop_front();
        lock.unlock();
        work();
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> all_;
};

class PicturesTest : public testing::Test {
protected:
    PicturesTest() : directory_(testing::TempDir() + "picturesXXXXXX") {
        EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
        transcoder::ResolverOptions options;
        options.directory = directory_;
        options.fenced = false;
        transcoder::TranscoderLimits limits;
        limits.artworks = kAtOnce;
        transcoder_ = std::make_unique<transcoder::Transcoder>(std::move(options), transcoder::AddressPolicy::allow_private, limits,
                                                               directory_, post_);
        pictures = std::make_unique<Pictures>(*transcoder_, shares_);
    }
    ~PicturesTest() override {
        pictures.reset();
        transcoder_.reset();
        std::filesystem::remove_all(directory_);
    }

    /// The problem's code; empty: a picture has come.
    std::string fetch(const std::string& path, ServerTime now) {
        std::optional<std::string> code;
        ask(path, now, [&code](const std::string& it) { code = it; });
        while (!code && posted_.run_one()) {
        }
        return code.value_or("nothing has come");
    }
    void ask(const std::string& path, ServerTime now, std::function<void(const std::string&)> done) {
        pictures->fetch(site.url(path), {}, now, [done = std::move(done)](const Pictures::Found& found) {
            const auto* problem = std::get_if<Problem>(&found);
            done(problem == nullptr ? "" : problem->code);
        });
    }
    [[nodiscard]] std::size_t asked() const { return site.requests().size(); }

    static constexpr std::size_t kAtOnce = 600;
    ScriptedSite site{[](const ScriptedSite::Request& request, const ScriptedSite::Connection& connection) {
        if (request.path == "/none") {
            connection.text("HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n");
        } else if (request.path.starts_with("/hangs")) {
            connection.await_hang_up();
        } else {
            const std::size_t size = request.path.starts_with("/large") ? std::size_t{3} << 20U : 100;
            ScriptedSite::serve(request, connection, "GIF89a" + std::string(size, 'x'));
        }
    }};
    std::unique_ptr<Pictures> pictures;

private:
    std::string directory_;
    Posted posted_;
    const std::function<void(std::function<void()>)> post_ = [this](std::function<void()> work) { posted_.post(std::move(work)); };
    Metrics metrics_;
    WorkShares shares_{{.pictures = kAtOnce}, {post_, [](ServerTime) {}, [] { return kStart; }}, metrics_};
    std::unique_ptr<transcoder::Transcoder> transcoder_;
};

TEST_F(PicturesTest, AreKeptForAWhileAndMissingOnesForAShorterOne) {
    EXPECT_EQ(fetch("/a", kStart), "");
    EXPECT_EQ(fetch("/a", kStart + 10min), "");
    EXPECT_EQ(asked(), 1U);
    EXPECT_EQ(fetch("/a", kStart + 10min + 1ms), "");
    EXPECT_EQ(asked(), 2U);
    EXPECT_EQ(fetch("/none", kStart), "no-artwork");
    EXPECT_EQ(fetch("/none", kStart + 1min), "no-artwork");
    EXPECT_EQ(asked(), 3U);
    EXPECT_EQ(fetch("/none", kStart + 1min + 1ms), "no-artwork");
    EXPECT_EQ(asked(), 4U);
}

TEST_F(PicturesTest, AreBoundedInBytes) {
    // Five of 3 MB are kept, the sixth is too much: the oldest goes.
    for (int i = 0; i < 6; ++i) EXPECT_EQ(fetch("/large" + std::to_string(i), kStart + std::chrono::seconds(i)), "");
    EXPECT_EQ(fetch("/large5", kStart + 10s), "");
    EXPECT_EQ(fetch("/large1", kStart + 10s), "");
    EXPECT_EQ(asked(), 6U);
    EXPECT_EQ(fetch("/large0", kStart + 10s), "");
    EXPECT_EQ(asked(), 7U);
}

TEST_F(PicturesTest, AreBoundedInNumber) {
    for (int i = 0; i < 501; ++i) ASSERT_EQ(fetch("/small" + std::to_string(i), kStart + std::chrono::milliseconds(i)), "");
    EXPECT_EQ(fetch("/small500", kStart + 1s), "");
    EXPECT_EQ(asked(), 501U);
    EXPECT_EQ(fetch("/small0", kStart + 1s), "");
    EXPECT_EQ(asked(), 502U);
    // Whoever waits is not pushed out: the next one is refused.
    int answered = 0;
    for (int i = 0; i < 500; ++i) ask("/hangs" + std::to_string(i), kStart + 2s, [&answered](const std::string&) { ++answered; });
    EXPECT_EQ(answered, 0);
    EXPECT_EQ(fetch("/one-more", kStart + 3s), "too-busy");
}

TEST(PictureRight, LastsForHalfAnHourToAnHour) {
    Revocations revocations;
    std::string directory = testing::TempDir() + "pictureXXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const Tokens tokens(directory, revocations);
    for (std::int64_t now = 7'200; now < 10'800; now += 100) {
        const std::int64_t until = picture_right_ends(now);
        EXPECT_GT(until - now, 30 * 60 - 1) << now;
        EXPECT_LE(until - now, 60 * 60) << now;
    }
    const PictureRight right{1, 2, picture_right_ends(7'200)};
    const std::string seal = picture_seal(tokens, right, "https://e.org/a.png");
    EXPECT_TRUE(may_see_picture(tokens, right, "https://e.org/a.png", seal, right.until - 1));
    EXPECT_FALSE(may_see_picture(tokens, right, "https://e.org/a.png", seal, right.until));
    EXPECT_FALSE(may_see_picture(tokens, right, "https://e.org/b.png", seal, right.until - 1));
    EXPECT_FALSE(may_see_picture(tokens, {1, 3, right.until}, "https://e.org/a.png", seal, right.until - 1));
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace musicspace::relay
