// What a connection string for Postgres is made into, as libpq will read it: of a setting named twice it takes the last.

#include <gtest/gtest.h>

#include "db/connection.h"

namespace musicspace::db {
namespace {

TEST(ConnectionLimits, StandInFrontOfTheUsersOwnSettings) {
    const std::string pairs = with_connection_limits("host=db user=ada connect_timeout=9");
    EXPECT_LT(pairs.find("connect_timeout=2 "), pairs.find("host=db"));
    EXPECT_TRUE(pairs.ends_with(" host=db user=ada connect_timeout=9"));
    EXPECT_NE(pairs.find("tcp_user_timeout=5000 "), std::string::npos);
}

TEST(ConnectionLimits, AreParametersOfAUrl) {
    const std::string bare = with_connection_limits("postgres://ada@db/music");
    EXPECT_TRUE(bare.starts_with("postgres://ada@db/music?connect_timeout=2&keepalives=1&"));
    EXPECT_NE(bare.back(), '&');
    const std::string own = with_connection_limits("postgresql://ada@db/music?connect_timeout=9&sslmode=require");
    EXPECT_TRUE(own.starts_with("postgresql://ada@db/music?connect_timeout=2&"));
    EXPECT_TRUE(own.ends_with("&connect_timeout=9&sslmode=require"));
}

TEST(Faults, AreToldApartByWhatTheyMeanForTheSameStatementLater) {
    const auto of = [](const char* state, bool open = true) { return fault_of(pqxx::sql_error("message", "query", state), open); };
    for (const char* passing : {"57014", "55P03", "40P01", "53100", "53200", "25006", "58030", "XX000"})
        EXPECT_EQ(of(passing), Fault::passing) << passing;
    for (const char* away : {"57P01", "57P03", "08006"}) EXPECT_EQ(of(away), Fault::away) << away;
    for (const char* never : {"22021", "22P02", "23502", "23514", "42P01", "42501"}) EXPECT_EQ(of(never), Fault::never) << never;
    EXPECT_EQ(of("23505"), Fault::taken);
    EXPECT_EQ(of("23503"), Fault::missing);
    EXPECT_EQ(of("57014", false), Fault::away);
    EXPECT_EQ(fault_of(pqxx::broken_connection("lost"), false), Fault::away);
    EXPECT_EQ(fault_of(pqxx::in_doubt_error("lost"), false), Fault::doubt);
    EXPECT_EQ(fault_of(std::runtime_error("no number"), true), Fault::never);
}

}  // namespace
}  // namespace musicspace::db
