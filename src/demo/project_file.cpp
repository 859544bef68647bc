#include "demo/project_file.h"

#include <string_view>

namespace deskhouse::demo {
namespace {

constexpr std::string_view kProject =
    R"(# A made-up help desk, written by `deskhouse demo`. truth.json says what a run must find in it.

[project]
name = "demo"
)";

constexpr std::string_view kMeaning = R"(
[reporting]
time_zone = "UTC"
holidays = ["--01-01", "--12-25", "--12-26"]

[calendars.office]
time_zone = "Europe/Amsterdam"
weekdays = ["09:00-17:30"]
holidays = ["--01-01", "--04-27", "--12-25", "--12-26"]

# Incidents and questions have the default targets, around the clock. Requests wait for office hours.
[[sla.policies]]
name = "requests in office hours"
types = ["Service Request"]
calendar = "office"
[sla.policies.targets]
Critical = { resolution = "4h", response = "1h" }
High = { resolution = "9h", response = "2h" }
Medium = { resolution = "26h", response = "6h" }
Low = { resolution = "52h", response = "12h" }

# The invented data ends at the turn of the year, when few tickets come in.
[quality]
max_age = "1d"
volume_percent = 80

[finance]
overhead_per_month = 12000
breach_penalty = 25

[[finance.initiatives]]
name = "Self-service password reset"
cost = 18000
benefit = 46500.50

[[finance.initiatives]]
name = "Second-hand laptops"
cost = 9500
benefit = 7200
)";

constexpr std::string_view kFiles = R"(
[sources.demo]
type = "files"
every = "3650d"  # what was invented has no news: `serve` shows it as of its end
)";

// Behind it: the address.
constexpr std::string_view kFreshservice = R"(
[sources.demo]
type = "freshservice"
api_key_file = "api-key"
concurrency = 4
calls_per_slice = 20000
url = "%"

# Fields that the site has made itself. All others are built in.
[sources.demo.agents.fields]
hourly_cost = "custom_fields.hourly_cost"
weekly_hours = "custom_fields.weekly_hours"

[sources.demo.departments.fields]
headcount = "custom_fields.headcount"
cost_center = "custom_fields.cost_center"

[sources.demo.tickets.fields]
status = { column = "status", values = { 2 = "Open", 3 = "Pending", 4 = "Resolved", 5 = "Closed", 6 = "Open" } }
)";

// The first percent sign stands for the path.
constexpr std::string_view kTickets = R"(
[sources.demo.tickets]
path = "%"
null_words = ["N/A", "?"]
date_formats = ["iso", "%d/%m/%Y %H:%M:%S", "epoch_ms"]
custom_fields = ["Site", "Escalated"]
[sources.demo.tickets.fields]
id = "Number"
subject = "Short description"
description = "Description"
type = "Ticket type"
status.column = "State"
status.values."New" = "Open"
status.values."In Progress" = "Open"
status.values."On Hold" = "Pending"
status.values."Resolved" = "Resolved"
status.values."Closed" = "Closed"
priority.column = "Priority"
priority.values."1 - Critical" = "Critical"
priority.values."2 - High" = "High"
priority.values."3 - Moderate" = "Medium"
priority.values."4 - Low" = "Low"
category = "Category"
sub_category = "Subcategory"
channel = "Contact type"
requester_id = "Caller"
assigned_to = "Assigned to"
group_id = "Assignment group"
department_id = "Department"
asset_id = "Configuration item"
problem_id = "Problem"
created_at = "Opened"
updated_at = "Updated"
first_response_at = "First response"
resolved_at = "Resolved"
closed_at = "Closed"
due_at = "Due date"
reopen_count = "Reopen count"
reassignment_count = "Reassignment count"
)";

constexpr std::string_view kEvents = R"(
[sources.demo.ticket_events]
path = "ticket_events.csv"
[sources.demo.ticket_events.fields]
id = "id"
ticket_id = "ticket_id"
event_at = "event_at"
version = "version"
event_type = "event_type"
status.column = "status"
status.values."New" = "Open"
status.values."In Progress" = "Open"
status.values."On Hold" = "Pending"
status.values."Resolved" = "Resolved"
status.values."Closed" = "Closed"
priority.column = "priority"
priority.values."1 - Critical" = "Critical"
priority.values."2 - High" = "High"
priority.values."3 - Moderate" = "Medium"
priority.values."4 - Low" = "Low"
category = "category"
assigned_to = "assigned_to"
group_id = "group_id"
actor = "actor"
)";

// Files with canonical column names need no fields table.
constexpr std::string_view kSurveysAndEntries = R"(
[sources.demo.surveys]
path = "surveys.csv"

[sources.demo.time_entries]
path = "time_entries.csv"
)";

constexpr std::string_view kOthers = R"(
[sources.demo.groups]
path = "groups.csv"

[sources.demo.departments]
path = "departments.csv"

[sources.demo.agents]
path = "agents.csv"

[sources.demo.requesters]
path = "requesters.csv"

[sources.demo.assets]
path = "assets.csv"

[sources.demo.problems]
path = "problems.csv"
[sources.demo.problems.fields]
id = "id"
subject = "subject"
status = "status"
priority.column = "priority"
priority.values."1 - Critical" = "Critical"
priority.values."2 - High" = "High"
priority.values."3 - Moderate" = "Medium"
priority.values."4 - Low" = "Low"
category = "category"
requester_id = "requester_id"
agent_id = "agent_id"
due_at = "due_at"
closed_at = "closed_at"
created_at = "created_at"
updated_at = "updated_at"

[sources.demo.changes]
path = "changes.csv"
[sources.demo.changes.fields]
id = "id"
subject = "subject"
status = "status"
type = "type"
risk = "risk"
priority.column = "priority"
priority.values."1 - Critical" = "Critical"
priority.values."2 - High" = "High"
priority.values."3 - Moderate" = "Medium"
priority.values."4 - Low" = "Low"
requester_id = "requester_id"
agent_id = "agent_id"
planned_start_at = "planned_start_at"
planned_end_at = "planned_end_at"
created_at = "created_at"
updated_at = "updated_at"
)";

// The first percent sign stands for `value`.
std::string filled(std::string_view text, std::string_view value) {
  std::string out(text);
  return out.replace(out.find('%'), 1, value);
}

}  // namespace

std::string project_file() {
  std::string text(kProject);
  text += "warehouse = \"deskhouse.duckdb\"\n";
  return text.append(kMeaning)
      .append(kFiles)
      .append(filled(kTickets, "tickets/*.csv"))
      .append(kEvents)
      .append(kSurveysAndEntries)
      .append(kOthers);
}

std::string freshservice_project_file(std::string_view url) {
  std::string text(kProject);
  text += "warehouse = \"deskhouse.duckdb\"\n";
  return text.append(kMeaning).append(filled(kFreshservice, url));
}

std::string delta_project_file() {
  std::string text(kProject);
  text += "warehouse = \"../deskhouse.duckdb\"\n";
  return text.append(kMeaning)
      .append(kFiles)
      .append(filled(kTickets, "tickets.csv"))
      .append(kEvents)
      .append(kSurveysAndEntries);
}

}  // namespace deskhouse::demo
