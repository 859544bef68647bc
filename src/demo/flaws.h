// The flaws that the demo data has on purpose, in exact shares (docs/demo-data.md). A ticket has at most one
// flaw, so that what a quality report must find can be counted on fingers: no flaw hides or doubles another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace deskhouse::demo {

enum class Flaw : std::uint8_t {
  none,
  null_priority,            // empty or a null word; loads with the default
  null_category,            // the same
  dangling_agent,           // "Assigned to" names an agent that no file has
  resolved_before_created,  // loads; its measures are NULL
  exact_duplicate,          // the row is there twice
  older_version,            // an older version of the row follows the newer one
  date_dmy,                 // all times of the row as DD/MM/YYYY HH:MM:SS
  date_epoch_ms,            // all times of the row in milliseconds since 1970
  unparsable_date,          // "Opened" is no date: quarantined
  missing_requester,        // required, but empty: quarantined
  invalid_utf8,             // Latin-1 bytes in the description: quarantined
  ragged_row,               // too few or too many fields: quarantined
};
inline constexpr std::size_t kFlawKinds = 13;

// How many tickets have a flaw: round(per_100k * tickets / 100,000), but at most `most` where that is not 0.
struct FlawShare {
  Flaw flaw;
  std::string_view name;  // in truth.json
  std::int64_t per_100k;
  std::int64_t most;
  bool quarantined;  // the row cannot be loaded
  std::string_view meaning;
};
inline constexpr std::array<FlawShare, kFlawKinds - 1> kFlawShares = {{
    {Flaw::null_priority, "null_priority", 2'000, 0, false, "Priority is empty, N/A or ?"},
    {Flaw::null_category, "null_category", 1'000, 0, false, "Category is empty, N/A or ?"},
    {Flaw::dangling_agent, "dangling_agent", 500, 0, false, "Assigned to an agent that does not exist"},
    {Flaw::resolved_before_created, "resolved_before_created", 200, 0, false, "Resolved 1 to 48 hours before Opened"},
    {Flaw::exact_duplicate, "exact_duplicate", 100, 0, false, "The same row twice"},
    {Flaw::older_version, "older_version", 100, 0, false, "An older version after the newer one"},
    {Flaw::date_dmy, "date_dmy", 5'000, 0, false, "Times as DD/MM/YYYY HH:MM:SS"},
    {Flaw::date_epoch_ms, "date_epoch_ms", 2'000, 0, false, "Times as epoch milliseconds"},
    {Flaw::unparsable_date, "unparsable_date", 20, 0, true, "Opened is not a date-time"},
    {Flaw::missing_requester, "missing_requester", 20, 0, true, "Caller is empty"},
    {Flaw::invalid_utf8, "invalid_utf8", 100, 5, true, "Latin-1 bytes in the description"},
    {Flaw::ragged_row, "ragged_row", 100, 6, true, "Eight fields too few, or two too many"},
}};

// Surveys about a ticket that does not exist; ids INC-LOST-1 and so on.
inline constexpr std::int64_t kUnknownTicketSurveys = 7;

// Which ticket has which flaw. An affine permutation of the ticket numbers puts every ticket on its own
// place; the first places have the first flaw and so on: exact shares, spread over the whole time, computed
// from the index.
class FlawPlan {
 public:
  FlawPlan(std::uint64_t seed, std::int64_t tickets, bool enabled);
  // none for an index beyond `tickets` (those that a delta adds).
  Flaw of(std::int64_t index) const;
  std::int64_t planted(Flaw flaw) const;

 private:
  std::uint64_t tickets_ = 0, multiplier_ = 1, offset_ = 0;
  std::array<std::uint64_t, kFlawKinds> until_{};  // places below until_[f] (and not below the one before) have flaw f
};

bool is_quarantined(Flaw flaw);
// Tickets that would make a second finding if anything else hung on them: they have no survey, time entry or
// event.
bool is_bare(Flaw flaw);

}  // namespace deskhouse::demo
