// Answers as values: problems that say when to come again, and what the page's folder gives out.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "relay/http/messages.h"
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
