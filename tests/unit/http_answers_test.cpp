// Answers as values: problems that say when to come again, and what the page's folder gives out.

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "relay/http/messages.h"
#include "relay/http/page_reports.h"
#include "relay/http/static_files.h"

namespace musicspace::relay {
namespace {

std::string header_of(const HttpResponse& response, std::string_view name) {
    const auto found = std::ranges::find(response.headers, name, [](const auto& header) { return std::string_view(header.first); });
    return found == response.headers.end() ? std::string() : found->second;
}

TEST(ProblemResponses, SayWhenToComeAgain) {
    Problem named{429, "too-many-tries", "Too many tries", "Wait a minute."};
    named.retry_after = 60;
    const HttpResponse minute = problem_response(named);
    EXPECT_EQ(header_of(minute, "Retry-After"), "60");
    EXPECT_NE(minute.body->find("\"retryAfterSeconds\":60"), std::string::npos) << *minute.body;

    for (const int status : {429, 503}) {
        const HttpResponse soon = problem_response({status, "too-busy", "Busy", "Try again in a moment."});
        EXPECT_EQ(header_of(soon, "Retry-After"), "5");
        EXPECT_NE(soon.body->find("\"retryAfterSeconds\":5"), std::string::npos) << *soon.body;
    }
    const HttpResponse other = problem_response({404, "no-such-page", "Nothing here", "There is nothing."});
    EXPECT_EQ(header_of(other, "Retry-After"), "");
    EXPECT_EQ(other.body->find("retryAfterSeconds"), std::string::npos) << *other.body;
}

class PageReportsTest : public testing::Test {
protected:
    PageReportsTest() : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)));
        spdlog::set_pattern("%v");
    }
    ~PageReportsTest() override { spdlog::set_default_logger(before_); }
    PageReportsTest(const PageReportsTest&) = delete;
    PageReportsTest& operator=(const PageReportsTest&) = delete;

    int report(const std::string& body, const std::string& address = "192.0.2.1") {
        HttpRequest request;
        request.body = body;
        request.address = address;
        return reports_.take(request, ServerTime{} + std::chrono::hours(1)).status;
    }
    [[nodiscard]] std::string log() const { return log_.str(); }

private:
    std::ostringstream log_;
    std::shared_ptr<spdlog::logger> before_;
    PageReports reports_;
};

TEST_F(PageReportsTest, AreLoggedInOneShortLine) {
    EXPECT_EQ(report(R"({"error":"TypeError: x\ny","at":["a.js:1:2","b.js:3:4",7],"browser":"Firefox 128"})"), 200);
    EXPECT_EQ(log(), "a page has failed: TypeError: x y at a.js:1:2 < b.js:3:4 in Firefox 128\n");
    std::string places = "[";
    for (int i = 0; i < 100; ++i) places.append(i == 0 ? "\"" : ",\"").append(1'000, 'p').append("\"");
    EXPECT_EQ(
        report("{\"error\":\"" + std::string(10'000, 'e') + "\",\"at\":" + places + "],\"browser\":\"" + std::string(1'000, 'b') + "\"}"),
        200);
    const std::string line = log().substr(log().find('\n') + 1);
    EXPECT_EQ(std::ranges::count(line, 'e'), 200 + 2);  // "page", "failed"
    EXPECT_EQ(std::ranges::count(line, 'p'), 6 * 80 + 1);
    EXPECT_EQ(std::ranges::count(line, 'b'), 80);
    for (const char* none : {"", "[]", "{}", R"({"error":7})", R"({"error":""})"}) EXPECT_EQ(report(none), 422) << none;
}

TEST_F(PageReportsTest, AreLoggedSoOften) {
    const std::string body = R"({"error":"e"})";
    for (int i = 0; i < 10; ++i) EXPECT_EQ(report(body), 200) << i;
    EXPECT_EQ(report(body), 429);
    for (int i = 10; i < 60; ++i) EXPECT_EQ(report(body, "192.0.2." + std::to_string(i)), 200) << i;
    EXPECT_EQ(report(body, "192.0.2.99"), 429);
    EXPECT_EQ(report(body, ""), 429);
}

TEST(StaticFiles, GiveOutNothingThatABuildLeftForItself) {
    const auto root = std::filesystem::temp_directory_path() / ("musicspace-files-" + std::to_string(::getpid()));
    for (const char* path : {"index.html", ".built", "assets/a.js", "assets/.hidden", ".git/config"}) {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream(root / path) << "x";
    }
    const StaticFiles files(root.string());
    EXPECT_TRUE(files.find("/", false));
    EXPECT_TRUE(files.find("/r/K7QXM", false));
    EXPECT_TRUE(files.find("/assets/a.js", false));
    for (const char* path : {"/.built", "/assets/.hidden", "/.git/config", "/.", "/..", "/r/", "/assets"})
        EXPECT_FALSE(files.find(path, false)) << path;
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace musicspace::relay
