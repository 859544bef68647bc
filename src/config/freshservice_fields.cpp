#include "config/freshservice_fields.h"

#include <algorithm>
#include <string>

#include "config/config.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kFields = R"([groups.fields]
id = "id"
name = "name"
updated_at = { column = "updated_at", optional = true }

[departments.fields]
id = "id"
name = "name"
head_user_id = { column = "head_user_id", optional = true }
updated_at = { column = "updated_at", optional = true }

[agents.fields]
id = "id"
name = { template = "{first_name} {last_name}" }
email = { column = "email", optional = true }
group_id = { column = "group_ids.0", optional = true }
is_active = { column = "active", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"

[requesters.fields]
id = "id"
name = { template = "{first_name} {last_name}" }
email = { column = "primary_email", optional = true }
department_id = { column = "department_ids.0", optional = true }
location = { column = "location_name", optional = true }
is_vip = { column = "vip_user", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"

# Type fields stand here without the number of the asset type at their end.
[assets.fields]
id = "display_id"
name = "name"
asset_type = { column = "asset_type", optional = true }
state = { column = "type_fields.asset_state", optional = true }
requester_id = { column = "user_id", optional = true }
department_id = { column = "department_id", optional = true }
cost = { column = "type_fields.cost", optional = true }
salvage_value = { column = "type_fields.salvage", optional = true }
acquired_on = { column = "type_fields.acquisition_date", optional = true }
warranty_expires_on = { column = "type_fields.warranty_expiry_date", optional = true }
useful_life_months = { column = "type_fields.useful_life", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"
[assets.fields.depreciation]
column = "type_fields.depreciation_type"
optional = true
otherwise = ""
values = { "Straight Line" = "straight_line", straight_line = "straight_line", "Declining Balance" = "declining_balance", declining_balance = "declining_balance", "Sum of Years Digits" = "sum_of_years", sum_of_years = "sum_of_years" }

[problems.fields]
id = "id"
subject = { column = "subject", optional = true }
status = { column = "status", values = { 1 = "Open", 2 = "Change Requested", 3 = "Closed" } }
priority = { column = "priority", optional = true, values = { 1 = "Low", 2 = "Medium", 3 = "High", 4 = "Critical" } }
category = { column = "category", optional = true }
requester_id = { column = "requester_id", optional = true }
agent_id = { column = "agent_id", optional = true }
due_at = { column = "due_by", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"

[changes.fields]
id = "id"
subject = { column = "subject", optional = true }
status = { column = "status", values = { 1 = "Open", 2 = "Planning", 3 = "Approval", 4 = "Pending Release", 5 = "Pending Review", 6 = "Closed" } }
type = { column = "change_type", optional = true, values = { 1 = "Minor", 2 = "Standard", 3 = "Major", 4 = "Emergency" } }
risk = { column = "risk", optional = true, values = { 1 = "Low", 2 = "Medium", 3 = "High", 4 = "Very High" } }
priority = { column = "priority", optional = true, values = { 1 = "Low", 2 = "Medium", 3 = "High", 4 = "Critical" } }
requester_id = { column = "requester_id", optional = true }
agent_id = { column = "agent_id", optional = true }
planned_start_at = { column = "planned_start_date", optional = true }
planned_end_at = { column = "planned_end_date", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"

# A status of the site's own (6, 7, ...) counts as Open, and status shows how often: name them to say what they are.
[tickets.fields]
id = "id"
subject = "subject"
description = { column = "description_text", optional = true }
type = { column = "type", optional = true }
status = { column = "status", values = { 2 = "Open", 3 = "Pending", 4 = "Resolved", 5 = "Closed" }, otherwise = "Open" }
priority = { column = "priority", values = { 1 = "Low", 2 = "Medium", 3 = "High", 4 = "Critical" } }
category = { column = "category", optional = true }
sub_category = { column = "sub_category", optional = true }
channel = { column = "source", optional = true, values = { 1 = "Email", 2 = "Portal", 3 = "Phone", 4 = "Chat", 9 = "Walkup" } }
requester_id = "requester_id"
assigned_to = { column = "responder_id", optional = true }
group_id = { column = "group_id", optional = true }
department_id = { column = "department_id", optional = true }
created_at = "created_at"
updated_at = "updated_at"
first_response_at = { column = "stats.first_responded_at", optional = true }
resolved_at = { column = "stats.resolved_at", optional = true }
closed_at = { column = "stats.closed_at", optional = true }
due_at = { column = "due_by", optional = true }
custom_fields = { column = "custom_fields", optional = true }
[tickets.fields.is_deleted]
template = "{deleted}/{spam}"
optional = true
values = { "false/false" = "false", "true/false" = "true", "false/true" = "true", "true/true" = "true", "true/" = "true", "/true" = "true", "false/" = "false", "/false" = "false" }

# Activities: the source reads what they say of status, priority, category, agent and group, as codes and ids.
[ticket_events.fields]
id = "id"
ticket_id = "ticket_id"
event_at = "created_at"
version = "version"
event_type = { constant = "activity" }
status = { column = "status", optional = true, values = { 2 = "Open", 3 = "Pending", 4 = "Resolved", 5 = "Closed" }, otherwise = "Open" }
priority = { column = "priority", optional = true, values = { 1 = "Low", 2 = "Medium", 3 = "High", 4 = "Critical" }, otherwise = "" }
category = { column = "category", optional = true }
assigned_to = { column = "assigned_to", optional = true, values = { none = "" } }
group_id = { column = "group_id", optional = true, values = { none = "" } }
actor = { column = "actor.id", optional = true }
detail = { column = "content", optional = true }

[surveys.fields]
id = "id"
ticket_id = "ticket_id"
score = "score.acquired_score"
max_score = "score.total_score"
comment = { column = "questionnaire_responses.0.answers.0.answer_text", optional = true }
responded_at = "created_at"
updated_at = { column = "updated_at", optional = true }

[time_entries.fields]
id = "id"
ticket_id = "ticket_id"
agent_id = "agent_id"
minutes = "time_spent_minutes"
billable = { column = "billable", optional = true }
worked_on = { column = "executed_at", optional = true }
created_at = { column = "created_at", optional = true }
updated_at = "updated_at"
)";

constexpr std::string_view kProject =
    R"(# Deskhouse project that reads a Freshservice. Every key: docs/config.md; what to know: docs/freshservice.md.

[project]
name = "my service desk"

[reporting]
time_zone = "UTC"                     # days and hours of the summaries are cut here

[sources.fresh]
type = "freshservice"
domain = "acme"                       # https://acme.freshservice.com
api_key_env = "FRESHSERVICE_API_KEY"  # the environment variable that holds the key of an agent
#entities = ["tickets", "ticket_events", "agents", "requesters", "groups", "departments"]
#workspaces = ["all"]                 # without: the primary one
#use_sla_policies = true              # the account's targets
#use_business_hours = true            # and its calendars

# What follows is built in, and shown to be changed: take a line into use, with the table above it.
)";

}  // namespace

std::string_view freshservice_fields() {
  return kFields;
}

std::string freshservice_example_toml() {
  std::string text(kProject);
  std::string_view rest = freshservice_fields();
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with('['))
      text.append("#[sources.fresh.").append(line.substr(1));
    else if (!line.empty() && !line.starts_with('#'))
      text.append("#").append(line);
    else
      text.append(line);
    text += '\n';
  }
  return text;
}

}  // namespace deskhouse::config
