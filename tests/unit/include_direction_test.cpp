// The tree's dependencies point one way: relay -> transcoder -> relay/base, relay -> db -> relay/base; inside relay http, session ->
// room -> broadcast. And no type of Beast, FFmpeg or libpqxx shows in another module's headers.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Rule {
    std::string folder;
    std::vector<std::string> forbidden;
    std::string allowed{};  ///< although a forbidden text is in it
};

const std::vector<Rule> kRules{
    {"transcoder", {"\"relay/", "\"db/", "boost/beast", "pqxx"}, "\"relay/base/"},
    {"db", {"\"relay/", "\"transcoder/", "boost/", "libav"}, "\"relay/base/"},
    {"relay", {"pqxx/", "libav", "opus/", "curl/"}},
    {"relay/base", {"\"relay/", "\"transcoder/", "\"db/", "boost/beast"}, "\"relay/base/"},
    {"relay/broadcast", {"\"relay/room", "\"relay/session", "\"relay/http", "boost/asio", "boost/beast"}},
    {"relay/room", {"\"relay/session", "\"relay/http", "boost/"}},
    {"relay/auth", {"\"relay/room", "\"relay/session", "\"relay/http", "boost/"}},
};

TEST(IncludeDirections, PointOneWay) {
    int seen = 0;
    for (const Rule& rule : kRules) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(MUSICSPACE_SOURCE_DIR) / rule.folder)) {
            const auto extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp") continue;
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);) {
                if (!line.starts_with("#include")) continue;
                ++seen;
                if (!rule.allowed.empty() && line.find(rule.allowed) != std::string::npos) continue;
                for (const std::string& forbidden : rule.forbidden) {
                    EXPECT_EQ(line.find(forbidden), std::string::npos) << entry.path() << ": " << line;
                }
            }
        }
    }
    EXPECT_GT(seen, 100);
}

}  // namespace
