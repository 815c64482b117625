// The log: what a line may hold, and that nobody waits for whoever reads it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>

#include "relay/base/line_writer.h"
#include "relay/base/log_line.h"

namespace musicspace {
namespace {

using namespace std::chrono_literals;

TEST(LogText, IsOneLineThatForgesNothing) {
    EXPECT_EQ(log_text("plain: José 李雷 👩‍🚀"), "plain: José 李雷 👩‍🚀");
    EXPECT_EQ(log_text("a\n2026-01-01T00:00:00.000 info forged\r"), "a\\n2026-01-01T00:00:00.000 info forged\\x0d");
    EXPECT_EQ(log_text(std::string_view("\x1b[2J\0\x07\x7f\t", 8)), "\\x1b[2J\\x00\\x07\\x7f ");
    EXPECT_EQ(log_text("\u0085\u202e\u2066\u200b\U000e0041"), "\\u0085\\u202e\\u2066\\u200b\\U000e0041");
    EXPECT_EQ(log_text("\xff\xc3(\xe2\x82"), "\\xff\\xc3(\\xe2\\x82");
}

TEST(LogText, IsBounded) {
    for (const std::string& text : {std::string(5'000'000, 'x'), std::string(5'000'000, '\x01'), std::string(5'000'000, '\xff')})
        EXPECT_LE(log_text(text).size(), kLongestLogText);
    EXPECT_EQ(log_text(std::string(1'000, 'x')), std::string(1'000, 'x'));
}

TEST(LogText, LeavesOutWhatAddressesMayHoldOfSecrets) {
    EXPECT_EQ(log_text("GET https://ada:pass@e.org/a?key=secret#x failed"), "GET https://e.org/a?... failed");
    EXPECT_EQ(log_text("'postgresql://me:p@ss@db/music' and \"http://e.org/?token=t\""),
              "'postgresql://db/music' and \"http://e.org/?...\"");
    EXPECT_EQ(log_text("http://e.org/@home?x and what?"), "http://e.org/@home?... and what?");
    EXPECT_EQ(log_text("a://"), "a://");
}

class Pipe {
public:
    Pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
    ~Pipe() {
        stop_reading();
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int to() const { return ends_[1]; }
    void stop_reading() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }
    /// Until `end` has been read.
    std::string read_until(const std::string& end) {
        std::string all;
        std::array<char, 4096> part{};
        while (all.find(end) == std::string::npos) {
            const ssize_t got = ::read(ends_[0], part.data(), part.size());
            if (got <= 0) break;
            all.append(part.data(), static_cast<std::size_t>(got));
        }
        return all;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

TEST(LineWriter, WritesLinesInOrder) {
    Pipe pipe;
    LineWriter writer(pipe.to());
    for (int i = 0; i < 100; ++i) writer.write(std::to_string(i));
    EXPECT_TRUE(writer.flush(5s));
    EXPECT_TRUE(pipe.read_until("99\n").starts_with("0\n1\n2\n"));
    EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LineWriter, NeverWaitsForAReaderAndDropsTheOldest) {
    Pipe pipe;
    LineWriter writer(pipe.to(), {.lines = 100, .bytes = 1U << 20U});
    const std::string filling(1'000, 'x');
    for (int i = 0; i < 10'000; ++i) writer.write(filling);  // 10 MB, which no pipe holds
    EXPECT_GT(writer.dropped(), 9'000U);
    EXPECT_FALSE(writer.flush(10ms));
    writer.write("the last");
    const std::string all = pipe.read_until("the last\n");
    EXPECT_NE(all.find(" lines of the log were dropped here"), std::string::npos);
}

TEST(LineWriter, IsBoundedInBytesToo) {
    Pipe pipe;
    LineWriter writer(pipe.to(), {.lines = 1'000'000, .bytes = 10'000});
    for (int i = 0; i < 1'000; ++i) writer.write(std::string(1'000, 'x'));
    EXPECT_GT(writer.dropped(), 900U);
}

TEST(LineWriter, EndsThoughNobodyReads) {
    Pipe pipe;
    const auto begun = std::chrono::steady_clock::now();
    {
        LineWriter writer(pipe.to());
        for (int i = 0; i < 1'000; ++i) writer.write(std::string(1'000, 'x'));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

TEST(LineWriter, WritesWhatIsLeftWhenItEnds) {
    Pipe pipe;
    {
        LineWriter(pipe.to()).write("the last words");
    }
    EXPECT_EQ(pipe.read_until("\n"), "the last words\n");
}

TEST(LineWriter, OutlivesItsReader) {
    Pipe pipe;
    LineWriter writer(pipe.to());
    pipe.stop_reading();
    std::signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 100; ++i) writer.write("nobody reads this");
    EXPECT_TRUE(writer.flush(5s));
    EXPECT_EQ(writer.dropped(), 100U);
}

}  // namespace
}  // namespace musicspace
