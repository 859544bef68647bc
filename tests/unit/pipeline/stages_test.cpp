#include "pipeline/stages.h"

#include <vector>

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

TEST(Stages, EachOfARunIsRecorded) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Nonsense\xff,2024-05-02,", "c,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(
      desk.rows("select stage, name, rows_in, rows_out, errors from meta.stages where stage not like 'model,%' "
                "order by list_position(['extract', 'transform', 'load', 'publish', 'models', 'checks'], stage)"),
      "extract|desk.tickets|3|3|0 transform|desk.tickets|3|2|1 load|desk.tickets|2|2|0 publish|desk.tickets|2|2|0 "
      "models|all|0|0|0 checks|all|0|" +
          desk.rows("select sum(violations)::bigint from meta.check_results") + "|0");
  EXPECT_EQ(desk.rows("select count(*) from meta.stages where seconds < 0 or (stage not like 'model,%' and "
                      "peak_memory_bytes < 1000000)"),
            "0");
  EXPECT_EQ(desk.rows("select bytes > 100 from meta.stages where stage = 'extract'"), "true");
}

TEST(Stages, ARowThatTheLoadTableRefusesIsAnErrorOfLoading) {
  Desk desk("[sources.desk.tickets]\npath = \"tickets.csv\"\nrow_conditions = [\"status <> 'Closed'\"]\n");
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Closed,2024-05-02,"});
  desk.run();
  EXPECT_EQ(
      desk.rows("select stage, rows_in, rows_out, errors from meta.stages where name = 'desk.tickets' order by all"),
      "extract|2|2|0 load|2|1|1 publish|1|1|0 transform|2|2|0");
}

TEST(Stages, ThePeakOfMemoryIsThatOfTheStage) {
  const StageWatch first;
  {
    std::vector<char> large(std::size_t{64} << 20, 'x');
    EXPECT_EQ(large[1 << 20], 'x');
  }
  const auto high = first.done("a", "b", 1, 1);
  EXPECT_GE(high.peak_memory_bytes, std::int64_t{64} << 20);
  const StageWatch second;
  EXPECT_LE(second.done("a", "b", 1, 1).peak_memory_bytes, high.peak_memory_bytes);
}

}  // namespace
}  // namespace deskhouse::pipeline
