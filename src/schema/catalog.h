// Every entity by name, in the order in which a run extracts them (referenced ones first).
#pragma once

#include <span>
#include <string>

#include "schema/table.h"

namespace deskhouse::schema {

// groups, departments, agents, requesters, assets, problems, changes, ticket_events, tickets, surveys, time_entries.
std::span<const TableInfo> entities();
const TableInfo* find_entity(std::string_view name);  // nullptr if there is none

// Columns that every operational table has beside the described ones: key, source, position, row_hash, loaded_at,
// run_id. SQL type of each column; the whole CREATE TABLE statement; a fingerprint of all of them.
std::string sql_type(Type type);
std::string create_table_sql(const TableInfo& table, std::string_view qualified_name);
std::string fingerprint();
// The time by whose month (UTC) rows of the entity lie apart where there is a file a month; empty: they do not.
std::string_view partition_column(std::string_view entity);

// Calls f(table) with the typed constexpr Table of the entity (kTickets, ...). REQUIRES a known name.
template <class F>
decltype(auto) with_entity(std::string_view name, F&& f);

}  // namespace deskhouse::schema

#include "base/result.h"
#include "schema/entities.h"

namespace deskhouse::schema {

template <class F>
decltype(auto) with_entity(std::string_view name, F&& f) {
  if (name == kGroups.name) return f(kGroups);
  if (name == kDepartments.name) return f(kDepartments);
  if (name == kAgents.name) return f(kAgents);
  if (name == kRequesters.name) return f(kRequesters);
  if (name == kAssets.name) return f(kAssets);
  if (name == kProblems.name) return f(kProblems);
  if (name == kChanges.name) return f(kChanges);
  if (name == kTicketEvents.name) return f(kTicketEvents);
  if (name == kSurveys.name) return f(kSurveys);
  if (name == kTimeEntries.name) return f(kTimeEntries);
  DH_ASSERT(name == kTickets.name, "with_entity takes the name of an entity");
  return f(kTickets);
}

}  // namespace deskhouse::schema
