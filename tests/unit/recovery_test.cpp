// A site that fails in the middle of a track, in each of the known ways: what listeners get is, packet for packet and bit for bit, what
// they would have got from a file.

#include "tests/unit/pipeline_fixture.h"
#include "tests/unit/scripted_site.h"

namespace musicspace::transcoder {
namespace {

using Request = ScriptedSite::Request;
using Connection = ScriptedSite::Connection;

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class RecoveryTest : public PipelineTest {
protected:
    // All packets of the media at `url`, through a spool; `fresh_url` is where its link leads when it is asked again.
    std::vector<Packet> pulled(const std::string& url, const std::string& fresh_url) {
        Track track;
        track.media_url = url;
        SpoolOptions options;
        options.directory = testing::TempDir();
        options.addresses = AddressPolicy::allow_private;
        options.transfer = {.first_byte = 2s, .stall = 150ms};
        options.resolve_again = [this, fresh_url](const std::stop_token&) {
            Track fresh;
            // The first fresh address names a host that nobody knows.
            fresh.media_url = ++asked == 1 && unknown_host_first ? "http://media.invalid/media" : fresh_url;
            return fresh;
        };
        const auto spool = Spool::open(threads, track, std::move(options));
        play_through(std::make_shared<const Media>(track, AddressPolicy::allow_private, spool), {});
        EXPECT_FALSE(error) << error->detail;
        return packets;
    }

    static void expect_same(const std::vector<Packet>& heard, const std::vector<Packet>& wanted) {
        ASSERT_EQ(heard.size(), wanted.size());
        for (std::size_t i = 0; i < heard.size(); ++i) {
            ASSERT_EQ(heard[i].position, wanted[i].position) << i;
            ASSERT_EQ(heard[i].opus, wanted[i].opus) << i;
        }
    }

    std::atomic<int> asked = 0;
    bool unknown_host_first = false;
};

TEST_F(RecoveryTest, NoFaultCostsASample) {
    struct Fault {
        const char* name;
        std::function<void(const Request&, const Connection&, const std::string&)> strike;
        bool unknown_host_first = false;
    };
    const auto answer = [](const char* text) {
        return [text](const Request&, const Connection& connection, const std::string&) { connection.text(text); };
    };
    const std::vector<Fault> faults{
        {"truncated body", [](const Request& r, const Connection& c, const std::string& f) { ScriptedSite::serve(r, c, f, 77'777); }},
        {"reset",
         [](const Request& r, const Connection& c, const std::string& f) {
             ScriptedSite::serve(r, c, f, 77'777);
             c.reset();
         }},
        {"stall",
         [](const Request& r, const Connection& c, const std::string& f) {
             ScriptedSite::serve(r, c, f, 77'777);
             c.await_hang_up();
         }},
        {"expired, 403", answer("HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n")},
        {"expired, 410", answer("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")},
        {"500", answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")},
        {"429", answer("HTTP/1.1 429 Slow down\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")},
        {"DNS failure", answer("HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n"), true},
    };
    play_through(file_track(wav()));
    const std::vector<Packet> wanted = packets;
    const std::string file = bytes_of(wav());
    for (const Fault& fault : faults) {
        SCOPED_TRACE(fault.name);
        ScriptedSite fresh([&](const Request& request, const Connection& connection) { ScriptedSite::serve(request, connection, file); });
        ScriptedSite site([&](const Request& request, const Connection& connection) {
            if (request.number == 1) {
                ScriptedSite::serve(request, connection, file, 500'000);
            } else if (request.number <= 3) {
                fault.strike(request, connection, file);
            } else {
                ScriptedSite::serve(request, connection, file);
            }
        });
        asked = 0;
        unknown_host_first = fault.unknown_host_first;
        expect_same(pulled(site.url(), fresh.url()), wanted);
        EXPECT_EQ(asked > 1, fault.unknown_host_first);
    }
}

TEST_F(RecoveryTest, GivesUpInTheEndWithASentence) {
    const std::string file = bytes_of(wav());
    ScriptedSite site([&](const Request& request, const Connection& connection) {
        if (request.number == 1) {
            ScriptedSite::serve(request, connection, file, 500'000);
        } else {
            connection.text("HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n");
        }
    });
    Track track;
    track.media_url = site.url();
    SpoolOptions options;
    options.directory = testing::TempDir();
    options.addresses = AddressPolicy::allow_private;
    options.resolve_again = [&](const std::stop_token&) { return track; };
    const auto spool = Spool::open(threads, track, std::move(options));
    play_through(std::make_shared<const Media>(track, AddressPolicy::allow_private, spool), {});
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->detail.ends_with('.'));
    EXPECT_FALSE(packets.empty());  // what had come is heard
}

}  // namespace
}  // namespace musicspace::transcoder
