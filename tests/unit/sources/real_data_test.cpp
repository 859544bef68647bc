// Real files against Python's csv module, which read them with newline='' as
//   rows = list(csv.reader(open(file, newline='', encoding='utf-8-sig')))[1:]
// and dropped rows == [] (blank lines; none of these files has any).
#include <cstdlib>
#include <filesystem>

#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

struct RealFile {
  std::string path;
  std::vector<std::string> columns;
  std::size_t records;     // as Python counts them
  std::int64_t last_line;  // where the last record begins
  Values first, last;
};

std::filesystem::path data_folder() {
  if (const char* given = std::getenv("DESKHOUSE_DATA")) return given;
  return std::filesystem::path(DESKHOUSE_REPO).parent_path() / "shared" / "data";
}

class RealData : public testing::TestWithParam<RealFile> {};

TEST_P(RealData, GivesTheRecordsThatPythonGives) {
  const RealFile& file = GetParam();
  if (!std::filesystem::exists(data_folder() / file.path)) {
    GTEST_SKIP() << file.path << " is not in " << data_folder() << "; set DESKHOUSE_DATA to the folder of real data";
  }
  config::EntityMapping entity;
  entity.source = "real";
  entity.entity = "tickets";
  entity.project = data_folder();
  entity.path = file.path;
  const auto records = read_entity(entity, file.columns);
  ASSERT_TRUE(records.has_value()) << records.error().message;
  ASSERT_EQ(records->size(), file.records);
  for (const Read& record : *records) ASSERT_EQ(record.defect, "") << record.line;
  EXPECT_EQ(records->front().values, file.first);
  EXPECT_EQ(records->back().values, file.last);
  EXPECT_EQ(records->back().line, file.last_line);
  EXPECT_EQ(read_entity(entity, file.columns, 10'007, 77).value(), *records) << "small blocks and batches";
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealData,
    testing::Values(RealFile{"servicenow_incidents/incident_event_log.csv.gz",
                             {"number", "sys_mod_count", "closed_at"},
                             119'998,
                             119999,
                             {"INC0000045", "0", "5/3/2016 12:00"},
                             {"INC0029233", "0", "22/5/2016 17:07"}},
                    // 6,150 records have newlines in quotes. The file's last line is 16 commas: a record of
                    // NULLs, the 8,470th.
                    RealFile{"customer_support/customer_support_tickets.csv.gz",
                             {"Ticket ID", "Ticket Description", "Ticket Priority"},
                             8'470,
                             29809,
                             {"1",
                              "I'm having an issue with the {product_purchased}. Please assist.\n\nYour "
                              "billing zip code is: 71701.\n\nWe appreciate that you have requested a "
                              "website address.\n\nPlease double check your email address. I've tried "
                              "troubleshooting steps mentioned in the user manual, but the issue persists.",
                              "Critical"},
                             {std::nullopt, std::nullopt, std::nullopt}},
                    // A byte order mark and CRLF. The broken characters of 771 records were broken before
                    // they were written as UTF-8, so that they are valid text; the last line has no end.
                    RealFile{"volvo_incidents/vinst_incidents.csv.gz",
                             {"SR Number", "Change Date+Time", "Owner First Name"},
                             65'533,
                             65534,
                             {"1-364285768", "2010-03-31T15:59:42+01:00", "Frederic"},
                             {"1-740866821", "2012-05-05T13:54:27+01:00", "Matt"}},
                    RealFile{"italian_helpdesk/helpdesk.csv.gz",
                             {"concept:name", "lifecycle:transition", "case:creator"},
                             21348,
                             21349,
                             {"Assign seriousness", "complete", "Fluxicon Disco"},
                             {"Closed", "complete", "Fluxicon Disco"}},
                    RealFile{"rabobank/Detail_Incident_Activity_39911.csv.gz",
                             {"incident_id", "data_stamp", "lifecycle"},
                             39911,
                             39912,
                             {"IM0000013", "2013-02-13T12:03:35Z", "complete"},
                             {"IM0047033", "2014-03-31T14:10:46Z", "complete"}},
                    RealFile{"volvo_problems/BPI_Challenge_2013_closed_problems.csv.gz",
                             {"case:concept:name", "case:variant", "org:group"},
                             6660,
                             6661,
                             {"1-109135791", "Variant 77", "Org line A2"},
                             {"1-752835764", "Variant 1", "Org line G3"}}));

}  // namespace
}  // namespace deskhouse::sources
