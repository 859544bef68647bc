// Tickets and what hangs on them, as rows of CSV. Every function appends to the block it is given; pure
// otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "demo/csv.h"
#include "demo/lifecycle.h"

namespace deskhouse::demo {

inline constexpr std::string_view kTicketHeader =
    "Number,Short description,Description,Ticket type,State,Priority,Category,Subcategory,Contact "
    "type,Caller,"
    "Assigned to,Assignment group,Department,Configuration item,Problem,Opened,Updated,First "
    "response,Resolved,"
    "Closed,Due date,Reopen count,Reassignment count,Site,Escalated\n";
inline constexpr int kTicketColumns = 25;
inline constexpr std::string_view kSurveyHeader = "id,ticket_id,score,max_score,comment,responded_at\n";
inline constexpr std::string_view kTimeEntryHeader =
    "id,ticket_id,agent_id,minutes,billable,worked_on,created_at,updated_at\n";
inline constexpr std::string_view kEventHeader =
    "id,ticket_id,event_at,version,event_type,status,priority,category,assigned_to,group_id,actor\n";

// Rows of some consecutive tickets, for one write to each file, and what was planted in them.
struct Block {
  Csv tickets, surveys, time_entries, events;
  struct Counts {
    std::int64_t tickets = 0, ticket_rows = 0, surveys = 0, time_entries = 0, events = 0, open = 0, reopened = 0;
    std::array<std::int64_t, kFlawKinds> flaws{};
    Counts& operator+=(const Counts& other);
  } counts;
  Csv repeated;  // scratch: rows that end_block() puts behind the others
  void clear();
};

// One ticket as of the end of its life, with all rows of it. Flaws are planted as world.flaws says.
void write_ticket(const World& world, const Life& life, Block& block);
// Ends a block: repeated rows and older versions go behind the rows that they repeat.
void end_block(Block& block);
// What is new of a ticket of the base after one more day: its row, and the other rows that the base does not
// have.
void write_changed_ticket(const World& world, const Life& life, Block& block);

}  // namespace deskhouse::demo
