// Who may do what, votes, and who is host.

#include "relay/room/people_rules.h"

#include "relay/room/queue_rules.h"
#include "relay/room/succession.h"
#include "tests/unit/room_rules_fixture.h"

namespace musicspace::relay {
namespace {

constexpr MemberId kHost = 1;
constexpr MemberId kDj = 2;
constexpr MemberId kGuest = 3;

class PeopleRules : public RoomRules {
protected:
    void SetUp() override {
        state.settings.roles = {{kHost, Role::host}, {kDj, Role::dj}};
        play_a_minute();
    }
    void ask_as(MemberId member, Command command, Target target = {}, std::size_t listeners = 3, std::string address = {}) {
        CommandRequest request{member, "Name", {}, std::move(command)};
        request.target = std::move(target);
        request.listeners = listeners;
        request.address = std::move(address);
        take(apply(state, request, now));
    }
    void queue_up(MemberId member, const std::string& title) {
        ask_as(member, AddManyToQueue{{{"https://example.org/" + title, title}}, {}});
    }
    static Target here(std::string address = {}) { return {true, true, "Gus", std::move(address), false}; }
};

TEST_F(PeopleRules, EachPresetGivesEachRightToItsRoles) {
    struct Row {
        Rights rights;
        Role control, add, reorder, skip;
    };
    for (const Row& row :
         {Row{kEveryone, Role::listener, Role::listener, Role::listener, Role::listener}, Row{kDjs, Role::dj, Role::dj, Role::dj, Role::dj},
          Row{kHostOnly, Role::host, Role::host, Role::host, Role::host}, Row{kVote, Role::dj, Role::listener, Role::dj, Role::dj}}) {
        state.settings.rights = row.rights;
        for (const MemberId member : {kHost, kDj, kGuest}) {
            const auto allowed = [&](Command command) { return !refuse_right(state, {member, "x", {}, std::move(command)}); };
            const Role role = state.role_of(member);
            EXPECT_EQ(allowed(Pause{}), role >= row.control);
            EXPECT_EQ(allowed(AddToQueue{"musicspace:demo"}), role >= row.add);
            EXPECT_EQ(allowed(ClearQueue{}), role >= row.reorder);
            EXPECT_EQ(allowed(Skip{}), role >= row.skip);
            EXPECT_EQ(allowed(Kick{9}), role == Role::host);
            EXPECT_TRUE(allowed(Say{"Hello"}));
        }
    }
}

TEST_F(PeopleRules, WhoeverAddedATrackMayTakeItOut) {
    state.settings.rights = kVote;
    queue_up(kGuest, "B");
    queue_up(kDj, "C");
    ask_as(kGuest, RemoveFromQueue{state.queue.back().id});
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
    ask_as(kGuest, RemoveFromQueue{state.queue.front().id});
    EXPECT_FALSE(rejection);
}

TEST_F(PeopleRules, WhoMaySkipButNotControlMayGoBackToTheStartAndNowhereElse) {
    state.settings.rights = {.control = Role::host, .add = Role::host, .reorder = Role::host, .skip = Role::listener, .by_votes = false};
    now += std::chrono::seconds(20);
    ask_as(kGuest, Previous{});
    EXPECT_FALSE(rejection);
    EXPECT_EQ(state.timeline.anchor_position(), MediaTime{});
    ask_as(kGuest, Seek{MediaTime{MediaDuration{kSampleRate}}});
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
}

TEST_F(PeopleRules, VotesOrderTheQueueAndTheOldestWinsATie) {
    state.settings.rights = kVote;
    for (const char* title : {"B", "C", "D"}) queue_up(kGuest, title);
    const auto id = [&](std::size_t place) { return state.queue[place].id; };
    EXPECT_EQ(next_in_queue(state)->listed.title, "B");
    ask_as(kGuest, Vote{id(2)});
    EXPECT_EQ(next_in_queue(state)->listed.title, "D");
    ask_as(kDj, Vote{id(1)});
    EXPECT_EQ(next_in_queue(state)->listed.title, "C");
    ask_as(kGuest, Vote{id(2)});
    EXPECT_EQ(state.queue[2].voters.size(), 1U);
    ask_as(kDj, Vote{id(1), false});
    EXPECT_EQ(next_in_queue(state)->listed.title, "D");
}

TEST_F(PeopleRules, CloseToTheSeamVotesDoNotChangeWhatWasAnnounced) {
    state.settings.rights = kVote;
    for (const char* title : {"B", "C"}) queue_up(kGuest, title);
    see(NextReady{state.queue[0].id, state.epoch, MediaTime{MediaDuration{60 * kSampleRate}}, {}, {}});
    ASSERT_TRUE(state.upcoming);
    now = state.upcoming->timeline.anchor_time() - std::chrono::seconds(5);
    ask_as(kGuest, Vote{state.queue[1].id});
    EXPECT_TRUE(state.upcoming);
    now -= std::chrono::seconds(20);
    ask_as(kDj, Vote{state.queue[1].id});
    EXPECT_FALSE(state.upcoming);
}

TEST_F(PeopleRules, TheShareOfThosePresentSkips) {
    EXPECT_EQ(votes_to_skip(state, 0), 1U);
    EXPECT_EQ(votes_to_skip(state, 1), 1U);
    EXPECT_EQ(votes_to_skip(state, 3), 2U);
    EXPECT_EQ(votes_to_skip(state, 10'000), 5'000U);
    ask_as(kGuest, VoteSkip{}, {}, 4);
    EXPECT_EQ(state.status, Status::playing);
    // Two have left: one of two is half.
    see(ListenersChanged{2, kDj});
    EXPECT_EQ(state.status, Status::idle);
    EXPECT_TRUE(state.skip_votes.empty());
}

TEST_F(PeopleRules, AVoteGoesWithWhoGaveIt) {
    ask_as(kGuest, VoteSkip{}, {}, 4);
    see(ListenersChanged{3, kGuest});
    EXPECT_TRUE(state.skip_votes.empty());
    EXPECT_EQ(state.status, Status::playing);
}

TEST_F(PeopleRules, TheHostHandsOverAndStaysADj) {
    ask_as(kHost, SetRole{kGuest, Role::host}, here());
    EXPECT_EQ(state.host(), kGuest);
    EXPECT_EQ(state.role_of(kHost), Role::dj);
    ask_as(kHost, SetLock{true});
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
}

TEST_F(PeopleRules, AHostWhoStaysAwayIsSucceeded) {
    see(HostAway{kDj, "Dora"});
    EXPECT_EQ(state.host(), kDj);
    EXPECT_EQ(state.role_of(kHost), Role::dj);
    EXPECT_EQ(state.notice, "Dora is the host now: the one before is away.");
    see(HostAway{kDj, "Dora"});
    EXPECT_TRUE(rejection);
}

TEST_F(PeopleRules, OfAllHostsWhoStayedAwayOneIsADj) {
    for (MemberId successor = 100; successor < 200; ++successor) see(HostAway{successor, "Next"});
    EXPECT_EQ(state.host(), 199);
    EXPECT_EQ(state.role_of(198), Role::dj);
    EXPECT_EQ(state.role_of(197), Role::listener);
    EXPECT_EQ(state.settings.roles.size(), 3U);  // Dora is a DJ because a host has made her one
    // Made a DJ by a host, the one before stays it.
    ask_as(199, SetRole{198, Role::dj}, here());
    see(HostAway{kGuest, "Gus"});
    see(HostAway{kDj, "Dora"});
    EXPECT_EQ(state.role_of(198), Role::dj);
    EXPECT_EQ(state.role_of(199), Role::listener);
}

TEST_F(PeopleRules, WhoWasRemovedDoesNotBecomeTheHost) {
    ask_as(kHost, Kick{kGuest}, here());
    see(HostAway{kGuest, "Gus"});
    EXPECT_TRUE(rejection);
    EXPECT_EQ(state.host(), kHost);
}

TEST_F(PeopleRules, RolesAreBoundedAndTheOldestOfTheAbsentMakesRoom) {
    for (MemberId member = 100; state.settings.roles.size() < kMostRoles; ++member) state.settings.roles[member] = Role::dj;
    ask_as(kHost, SetRole{kGuest, Role::dj}, here());
    EXPECT_EQ(rejection->refusal, Refusal::too_many_roles);
    CommandRequest request{kHost, "Name", {}, SetRole{kGuest, Role::dj}};
    request.target = here();
    request.absent_dj = 100;
    take(apply(state, request, now));
    EXPECT_EQ(state.role_of(kGuest), Role::dj);
    EXPECT_EQ(state.role_of(100), Role::listener);
    EXPECT_EQ(state.settings.roles.size(), kMostRoles);
}

TEST_F(PeopleRules, NobodyRemovesThemselvesOrAGhost) {
    ask_as(kHost, Kick{kHost}, here());
    EXPECT_EQ(rejection->refusal, Refusal::not_applicable);
    ask_as(kHost, Kick{99});
    EXPECT_EQ(rejection->refusal, Refusal::not_here);
    ask_as(kGuest, Kick{kHost}, here());
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
}

TEST_F(PeopleRules, ABanHoldsForTheAddressUnlessTheHostHasItToo) {
    ask_as(kHost, Ban{kGuest}, here("203.0.113.9"), 3, "198.51.100.1");
    EXPECT_TRUE(has_effect<Expel>());
    EXPECT_EQ(state.standing_of(77, "203.0.113.9"), Standing::banned);
    EXPECT_EQ(state.standing_of(kGuest, ""), Standing::banned);
    EXPECT_EQ(state.standing_of(77, ""), Standing::welcome);
    EXPECT_EQ(state.standing_of(kHost, "203.0.113.9"), Standing::welcome);  // who may have come to be there since
    ask_as(kHost, Unban{kGuest});
    EXPECT_EQ(state.standing_of(77, "203.0.113.9"), Standing::welcome);
    EXPECT_EQ(state.standing_of(kGuest, ""), Standing::welcome);
    ask_as(kHost, Ban{kGuest}, here("198.51.100.1"), 3, "198.51.100.1");
    EXPECT_EQ(state.standing_of(77, "198.51.100.1"), Standing::welcome);
    ask_as(kGuest, Say{"Still here"});
    EXPECT_EQ(rejection->refusal, Refusal::banned);
}

TEST_F(PeopleRules, ABanKeepsTheAddressThatAnEarlierOneKnew) {
    ask_as(kHost, Ban{kGuest}, here("203.0.113.9"), 3, "198.51.100.1");
    ask_as(kHost, Ban{kGuest}, {false, true, "Gus", {}, false}, 3, "198.51.100.1");
    ASSERT_EQ(state.settings.banned.size(), 1U);
    EXPECT_EQ(state.standing_of(77, "203.0.113.9"), Standing::banned);
}

TEST_F(PeopleRules, WhoOnlySendsRequestsIsRemovedToo) {
    const Target absent{false, true, "Bot", {}, false};
    ask_as(kHost, SetRole{9, Role::dj}, absent);
    EXPECT_EQ(state.role_of(9), Role::dj);
    ask_as(kHost, SetRole{9, Role::host}, absent);  // but a host has to be here
    EXPECT_EQ(rejection->refusal, Refusal::not_here);
    ask_as(kHost, Kick{9}, absent);
    ASSERT_FALSE(rejection);
    EXPECT_EQ(state.role_of(9), Role::listener);
    ask_as(9, Say{"Still here"});
    EXPECT_EQ(rejection->refusal, Refusal::removed);
    ask_as(kHost, SetRole{9, Role::dj}, absent);
    EXPECT_EQ(rejection->refusal, Refusal::not_here);
    ask_as(kHost, Ban{9}, absent);
    ask_as(9, Say{"Still here"});
    EXPECT_EQ(rejection->refusal, Refusal::banned);
}

TEST_F(PeopleRules, HoweverManyAreRemovedNoneOfThemComesBack) {
    constexpr MemberId kFirst = 1'000;
    constexpr MemberId kMany = 3 * static_cast<MemberId>(kMostExpelled);
    ask_as(kHost, Ban{kFirst}, here());
    // In no order, as people are.
    for (MemberId i = 0; i < kMany; ++i) ask_as(kHost, Kick{kFirst + i * 7'919 % kMany}, here());
    EXPECT_LE(state.settings.expelled.size(), kMostExpelled);
    for (MemberId i = 0; i < kMany; ++i) ASSERT_NE(state.standing_of(kFirst + i, ""), Standing::welcome) << i;
    EXPECT_EQ(state.standing_of(kFirst, ""), Standing::banned);
    EXPECT_EQ(state.standing_of(kFirst + kMany, ""), Standing::welcome);
    // Who has a role keeps it, though they joined before.
    EXPECT_EQ(state.standing_of(kDj, ""), Standing::welcome);
    EXPECT_EQ(state.standing_of(kHost, ""), Standing::welcome);
}

TEST_F(PeopleRules, TheSleepTimerPausesOnceItsTimeHasCome) {
    ask_as(kHost, SetSleep{std::chrono::minutes(30)});
    ASSERT_TRUE(state.sleep_at);
    see(SleepDue{});
    EXPECT_TRUE(rejection);
    now = *state.sleep_at;
    see(SleepDue{});
    EXPECT_EQ(state.status, Status::paused);
    EXPECT_FALSE(state.sleep_at);
    ask_as(kHost, SetSleep{std::chrono::minutes(30)});
    ask_as(kHost, SetSleep{});
    EXPECT_FALSE(state.sleep_at);
}

TEST_F(PeopleRules, BansAreBounded) {
    constexpr MemberId kFirst = 1'000;
    for (MemberId i = 0; i < static_cast<MemberId>(kMostBanned); ++i) {
        ask_as(kHost, Ban{kFirst + i}, here());
        ASSERT_FALSE(rejection) << i;
    }
    ask_as(kHost, Ban{99}, here());
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::too_many_bans);
    ask_as(kHost, Ban{kFirst}, here());  // once more: it takes no place of its own
    EXPECT_FALSE(rejection);
    ask_as(kHost, Unban{kFirst});
    ask_as(kHost, Ban{99}, here());
    EXPECT_FALSE(rejection);
}

}  // namespace
}  // namespace musicspace::relay
