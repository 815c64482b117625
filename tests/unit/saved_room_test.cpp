// What a room is after a restart: as it was, or closed.

#include "relay/room/saved_room.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "relay/room/people_rules.h"
#include "relay/room/saved_settings.h"

namespace musicspace::relay {
namespace {

using Json = nlohmann::json;

constexpr MemberId kOpener = 5;
constexpr MemberId kLast = 40;

Settings kitchen() {
    Settings settings;
    settings.name = "Kitchen";
    settings.rights = kVote;
    settings.repeat = Repeat::all;
    settings.locked = false;
    settings.password_hash = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA";
    settings.roles = {{7, Role::host}, {8, Role::dj}};
    settings.succeeded = 8;
    settings.expelled = {20, 21};
    settings.members_from = 4;
    settings.banned = {{21, "Zed", "203.0.113.9"}};
    settings.volume = 80;
    settings.speed = 125;
    settings.normalizing = false;
    return settings;
}

struct Read {
    RoomState state;
    Restored restored;
};

Read read(const std::string& settings, const std::string& queue = {}) {
    Read read;
    read.restored = restore(read.state, {settings, queue, {}, true, kOpener, kLast});
    return read;
}

TEST(SavedRoom, ComesBackAsItWas) {
    const Read back = read(saved_settings(kitchen()));
    EXPECT_EQ(back.state.settings, kitchen());
    EXPECT_FALSE(back.restored.locked);
    EXPECT_TRUE(back.restored.unreadable.empty());
    EXPECT_TRUE(back.state.notice.empty());
}

// As the version before the first with a number wrote it.
TEST(SavedRoom, AKeyThatALaterVersionAddedLocksNoOldRoom) {
    Json old = Json::parse(saved_settings(kitchen()));
    for (const char* key : {"version", "succeeded", "membersFrom"}) old.erase(key);
    old["expelled"] = {21, 20};
    const Read back = read(old.dump());
    EXPECT_FALSE(back.restored.locked);
    EXPECT_EQ(back.state.settings.name, "Kitchen");
    EXPECT_EQ(back.state.settings.password_hash, kitchen().password_hash);
    EXPECT_EQ(back.state.standing_of(20, ""), Standing::removed);
    EXPECT_EQ(back.state.standing_of(21, ""), Standing::banned);
}

TEST(SavedRoom, AKeyThatIsNotKnownIsPassedOver) {
    Json later = Json::parse(saved_settings(kitchen()));
    later["version"] = 9;
    later["lights"] = "off";
    EXPECT_EQ(read(later.dump()).state.settings, kitchen());
}

TEST(SavedRoom, WithoutReadableSettingsItIsLockedAndWhoOpenedItIsItsHost) {
    for (const char* document : {"", "{", "null", "[]", "7", "\"text\""}) {
        SCOPED_TRACE(document);
        const Read back = read(document);
        EXPECT_TRUE(back.restored.locked);
        EXPECT_TRUE(back.state.settings.locked);
        EXPECT_FALSE(back.state.notice.empty());
        EXPECT_EQ(back.state.host(), kOpener);
        // Who was banned is not known: nobody gets in by a token from before, except the host.
        EXPECT_EQ(back.state.standing_of(kOpener, ""), Standing::welcome);
        EXPECT_EQ(back.state.standing_of(kLast, ""), Standing::removed);
        EXPECT_EQ(back.state.standing_of(kLast + 1, ""), Standing::welcome);
    }
}

// Each key once missing, and once as nonsense of several kinds.
TEST(SavedRoom, ClosesRatherThanOpensWhateverCannotBeRead) {
    const std::set<std::string> harmless{"name", "repeat", "volume", "speed", "normalizing", "succeeded"};
    const Json whole = Json::parse(saved_settings(kitchen()));
    for (const auto& [key, value] : whole.items()) {
        for (const Json& nonsense : {Json(), Json(-1), Json(1e300), Json("nonsense"), Json::array({Json::object()}), Json::object()}) {
            for (const bool missing : {false, true}) {
                if (missing && key == "version") continue;  // it is an old one then
                SCOPED_TRACE(key + (missing ? " missing" : nonsense.dump()));
                Json damaged = whole;
                damaged[key] = nonsense;
                if (missing) damaged.erase(key);
                if (key == "name" && nonsense.is_string() && !missing) continue;
                const Read back = read(damaged.dump());
                const Settings& settings = back.state.settings;
                EXPECT_EQ(back.restored.unreadable, std::vector<std::string>{key});
                EXPECT_EQ(back.restored.locked, !harmless.contains(key));
                EXPECT_EQ(settings.locked, !harmless.contains(key));
                // All else is as it was.
                EXPECT_EQ(settings.volume, key == "volume" ? 100 : 80);
                EXPECT_EQ(settings.password_hash, key == "passwordHash" ? "" : kitchen().password_hash);
                EXPECT_EQ(back.state.host(), key == "roles" ? kOpener : 7);
                EXPECT_NE(back.state.standing_of(20, ""), Standing::welcome);
                EXPECT_NE(back.state.standing_of(21, ""), Standing::welcome);
                if (key == "rights") {
                    EXPECT_EQ(settings.rights, kHostOnly);
                }
            }
        }
    }
}

TEST(SavedRoom, WhoWasRemovedIsNoHostThoughTheyOpenedIt) {
    Settings settings = kitchen();
    settings.members_from = 0;
    settings.expelled = {kOpener};
    Json damaged = Json::parse(saved_settings(settings));
    damaged["roles"] = 7;
    EXPECT_FALSE(read(damaged.dump()).state.host());
}

TEST(SavedRoom, AQueueLosesOnlyTheItemsThatCannotBeRead) {
    RoomState state;
    for (ItemId id = 1; id <= 4; ++id)
        state.queue.push_back({id, {"https://a.example/" + std::to_string(id), "Song"}, 7, "Ada", false, "", {7, 8}});
    state.played = {state.queue.back()};
    state.played[0].id = 9;
    state.last_item = 9;
    Json saved = Json::parse(saved_queue(state));
    saved["current"] = {{"id", 5}, {"link", "https://a.example/now"}};
    saved["items"][1]["link"] = 7;      // lost
    saved["items"][2]["id"] = 1;        // taken
    saved["items"][3]["voters"] = "x";  // but this one has none
    saved["items"].push_back(nullptr);
    saved["items"].push_back({{"id", -1}, {"link", "x"}});
    saved["played"][0]["durationMs"] = 1e300;
    saved.erase("lastItem");
    const Read back = read(saved_settings(kitchen()), saved.dump());
    EXPECT_EQ(back.restored.items_lost, 4U);
    ASSERT_EQ(back.state.queue.size(), 2U);
    EXPECT_EQ(back.state.queue[0], state.queue[0]);
    EXPECT_EQ(back.state.queue[1].id, 4U);
    EXPECT_TRUE(back.state.queue[1].voters.empty());
    ASSERT_EQ(back.state.played.size(), 1U);
    ASSERT_TRUE(back.state.suspended);
    EXPECT_EQ(back.state.suspended->item.listed.link, "https://a.example/now");
    EXPECT_EQ(back.state.last_item, 9U);
    EXPECT_FALSE(back.restored.locked);
    for (const char* nonsense : {"{", "[]", "7"}) EXPECT_EQ(read(saved_settings(kitchen()), nonsense).restored.items_lost, 1U);
    EXPECT_EQ(read(saved_settings(kitchen())).restored.items_lost, 0U);
}

}  // namespace
}  // namespace musicspace::relay
