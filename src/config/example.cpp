#include "config/config.h"

namespace deskhouse::config {

// Prose has a space after its #; a line that may be taken into use has none, so that a test can do so.
std::string example_toml() {
  return R"(# Deskhouse project. Every key: docs/config.md. Lines that start with # and no space are examples to take into use.

[project]
name = "my service desk"
warehouse = "deskhouse.duckdb"
#memory_limit = "1GB"                 # auto: 256MB and a 48th of the warehouse's file
#threads = 0                          # 0: all cores

[reporting]
time_zone = "UTC"                     # days and hours of the summaries are cut here
#holidays = ["2024-05-05", "--12-25"] # "--" : every year

#[staging]
#retention = "1d"                     # raw records are kept this long

# Opening hours for the SLA clock; without one it runs around the clock.
#[calendars.office]
#time_zone = "Europe/Amsterdam"
#weekdays = ["09:00-12:30", "13:00-18:00"]
#saturday = ["10:00-14:00"]
#holidays = ["--01-01", "--12-25"]

[sla]
calendar = "24x7"
stop_statuses = ["Pending", "Resolved", "Closed"]

[sla.targets]                         # response: a quarter of resolution, if not named
Critical = { resolution = "4h" }
High = { resolution = "8h" }
Medium = { resolution = "24h" }
Low = { resolution = "72h" }

# Tried first, in order; a priority without a target falls through to the next policy.
#[[sla.policies]]
#name = "service requests"
#types = ["Service Request"]
#calendar = "office"
#targets = { Critical = { resolution = "1d", response = "2h" } }

#[segments]
#heavy_tickets = 20
#dormant_quarters = 2
#at_risk_csat_below_percent = 50

#[finance]
#overhead_per_month = 12000
#breach_penalty = 25.50
#[[finance.initiatives]]
#name = "self-service portal"
#cost = 40000
#benefit = 65000

# One table per entity of a source: tickets, agents, requesters, groups, departments, assets, changes, problems,
# surveys, time_entries, ticket_events. Without `fields`, each field is the column of the same name.
#[sources.desk.tickets]
#path = "data/tickets*.csv.gz"
#null_words = ["?", "N/A"]
#date_formats = ["iso", "%d/%m/%Y %H:%M"]
#time_zone = "Europe/Amsterdam"       # of times that name no zone
#version = "sys_mod_count"
#custom_fields = ["made_sla"]
#[sources.desk.tickets.fields]
#id = "number"
#subject = { template = "{category} / {subcategory}" }
#status = { column = "state", values = { New = "Open", "On Hold" = "Pending" }, otherwise = "Open" }
#priority = { column = "priority", values = { "1 - Critical" = "Critical", "3 - Moderate" = "Medium" } }
#category = "category"
#requester_id = { constant = "unknown" }
#assigned_to = "assigned_to"
#created_at = "opened_at"
#updated_at = "sys_updated_at"
#resolved_at = "resolved_at"
#[sources.desk.agents]
#path = "data/agents.jsonl"
)";
}

}  // namespace deskhouse::config
