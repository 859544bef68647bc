#include "pipeline/explain.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr std::int64_t kHour = kMicrosPerHour;
constexpr Timestamp kMidnight{kNow.us - 24 * kHour};  // 2024-05-31 00:00

class Explain : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    desk_.emplace(std::string(kTickets) + "[sources.desk.ticket_events]\npath = \"events.csv\"\n");
    // Created at 00:00, waits from 04:00 to 10:00, resolved at 13:00.
    desk_->write("tickets.csv",
                 "id,subject,status,priority,category,requester_id,created_at,updated_at,resolved_at\n"
                 "t1,s,Resolved,High,Mail,r1,2024-05-31T00:00:00Z,2024-05-31T13:00:00Z,2024-05-31T13:00:00Z\n"
                 "t2,s,Open,High,Mail,r1,2024-05-31T00:00:00Z,2024-05-31T00:00:00Z,\n"
                 "bad,s,Lost,High,Mail,r1,2024-05-31T00:00:00Z,2024-05-31T00:00:00Z,\n");
    desk_->write("events.csv",
                 "id,ticket_id,event_at,status\ne1,t1,2024-05-31T00:00:00Z,Open\ne2,t1,2024-05-31T04:00:00Z,Pending\n"
                 "e3,t1,2024-05-31T10:00:00Z,Open\ne4,t1,2024-05-31T13:00:00Z,Resolved\n");
    desk_->run();
  }
  static void TearDownTestSuite() { desk_.reset(); }
  static Result<SlaExplanation> sla(const std::string& ticket, std::optional<Timestamp> as_of = {}) {
    return explain_sla(desk_->config(), desk_->warehouse().connection, ticket, "", as_of);
  }
  // Loaded once: the tests only look, but for the last one, and that at what no other reads.
  static inline std::optional<Desk> desk_;
};

TEST_F(Explain, TheLedgerHasNoHole) {
  const auto x = sla("t1");
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(x->policy, "default");
  EXPECT_EQ(x->observations, 4);
  ASSERT_EQ(x->spans.size(), 3u);
  const char* kinds[] = {"counted", "stopped", "counted"};
  const std::int64_t ends[] = {4, 10, 13}, elapsed[] = {4, 4, 7};
  auto from = x->created_at;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(x->spans[i].from, from);
    EXPECT_EQ(x->spans[i].kind, kinds[i]);
    EXPECT_EQ(x->spans[i].to, Timestamp{kMidnight.us + ends[i] * kHour});
    EXPECT_EQ(x->spans[i].elapsed_us, elapsed[i] * kHour);
    from = x->spans[i].to;
  }
  EXPECT_EQ(x->elapsed_us, 7 * kHour);
  EXPECT_EQ(x->resolution_target_us, 8 * kHour);
  EXPECT_EQ(x->due_at, (Timestamp{kMidnight.us + 14 * kHour}));
  EXPECT_EQ(x->sla_breached, false);
}

TEST_F(Explain, TheVerdictIsThatOfTheFactAndFollowsNow) {
  const auto x = sla("t2");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->as_of, kNow);
  EXPECT_EQ(x->sla_breached, true);  // 24 h of 8
  EXPECT_EQ(desk_->rows("select sla_breached from core.fact_tickets where ticket_id = 't2'"), "true");
  const auto earlier = sla("t2", Timestamp{kMidnight.us + 8 * kHour});
  ASSERT_TRUE(earlier);
  EXPECT_EQ(earlier->sla_breached, false);  // exactly 8 h: still in time
  EXPECT_EQ(earlier->elapsed_us, 8 * kHour);
}

TEST_F(Explain, AnUnknownTicketNamesNearOnes) {
  const auto x = sla("T1");
  ASSERT_FALSE(x);
  EXPECT_NE(x.error().message.find("t1"), std::string::npos) << x.error().message;
}

TEST_F(Explain, ARowIsTheRecordThatItCameFrom) {
  auto& connection = desk_->warehouse().connection;
  const auto loaded = explain_record(connection, "tickets", "t2", "");
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->size(), 1u);
  EXPECT_EQ(loaded->front().state, "loaded");
  EXPECT_EQ(loaded->front().record, 2);
  EXPECT_EQ(loaded->front().raw, "t2,s,Open,High,Mail,r1,2024-05-31T00:00:00Z,2024-05-31T00:00:00Z,");

  const auto rejected = explain_record(connection, "tickets", "bad", "");
  ASSERT_TRUE(rejected);
  ASSERT_EQ(rejected->size(), 1u);
  EXPECT_EQ(rejected->front().state, "quarantined");
  EXPECT_NE(rejected->front().reasons.find("Lost"), std::string::npos);
  EXPECT_TRUE(rejected->front().raw.value_or("").starts_with("bad,s,Lost"));

  desk_->execute("delete from staging.raw_blocks");  // as the retention does
  const auto purged = explain_record(connection, "tickets", "t2", "");
  ASSERT_TRUE(purged);
  EXPECT_FALSE(purged->front().raw);
}

}  // namespace
}  // namespace deskhouse::pipeline
