#include "pipeline/contract.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/json_text.h"
#include "schema/catalog.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

namespace {

using config::Contract;
using config::EntityMapping;
using sources::SourceColumn;
using warehouse::sql_text;
using Columns = std::vector<SourceColumn>;

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

const SourceColumn* find(const Columns& columns, const std::string& name) {
  const auto it = std::ranges::find(columns, name, &SourceColumn::name);
  return it == columns.end() ? nullptr : &*it;
}

bool reads(const config::FieldMapping& field, const std::string& column) {
  return field.column == column ||
         (field.template_ && field.template_->find(fmt::format("{{{}}}", column)) != std::string::npos);
}

// Whether a record cannot be loaded without the field.
bool is_needed(const EntityMapping& mapping, const config::FieldMapping& field) {
  const auto* table = schema::find_entity(mapping.entity);
  const auto at = table->find(field.field);
  if (at == schema::TableInfo::npos || (field.optional && !field.implicit)) return false;
  const auto& traits = table->columns[at].traits;
  return traits.required && traits.fallback.empty();
}

// The fields that read a column, what happens to them if it goes, and whether anything does.
struct Readers {
  std::string fields;
  bool any = false, needed = false;
  std::set<Contract> contracts;  // theirs
  std::string cursor;            // of them, one that the strategy goes by

  bool of(Contract contract) const { return contracts.contains(contract); }
};
Readers readers_of(const EntityMapping& mapping, const std::string& column) {
  Readers readers;
  const auto add = [&](const std::string& name, Contract contract) {
    readers.fields += (readers.any ? ", " : "") + name;
    readers.any = true;
    readers.contracts.insert(contract);
  };
  for (const auto& field : mapping.fields) {
    if (!reads(field, column)) continue;
    add(field.field, config::contract_of(mapping, field));
    readers.needed = readers.needed || is_needed(mapping, field);
    const bool goes_by = (field.field == "updated_at" && mapping.strategy != config::Strategy::full) ||
                         (field.field == "created_at" && mapping.strategy == config::Strategy::modified_or_created);
    if (goes_by) readers.cursor = field.field;
  }
  if (holds(mapping.custom_fields, column)) add("custom_fields", mapping.contract);
  return readers;
}

std::string action_on(const EntityMapping& mapping, const ColumnChange& change, const Readers& readers) {
  switch (change.kind) {
    case ColumnChange::Kind::added:
      if (readers.any) return "read again, of all records";
      if (mapping.keeps_unmapped) return "kept in custom_fields";
      return "noted: nothing names it";
    case ColumnChange::Kind::removed:
      if (!readers.any) return mapping.keeps_unmapped ? "no longer in custom_fields" : "noted: nothing named it";
      if (readers.of(Contract::discard_row) || readers.needed) return "each record that lacks it goes to quarantine";
      return "NULL in " + readers.fields;
    case ColumnChange::Kind::retyped:
      if (!readers.any) return "noted: nothing names it";
      if (!readers.of(Contract::discard_value)) return "records whose value does not read go to quarantine";
      return readers.contracts.size() == 1 ? "values that do not read become NULL"
                                           : "values that do not read become NULL, or their records go to quarantine, "
                                             "as each field says";
  }
  std::unreachable();
}

std::string described(const ColumnChange& c) {
  if (c.kind == ColumnChange::Kind::retyped)
    return fmt::format("the column '{}' is {} now and was {}", c.column, c.after, c.before);
  return fmt::format("the column '{}' {}", c.column, c.kind == ColumnChange::Kind::added ? "is new" : "went");
}

std::string place(const EntityMapping& mapping) {
  return fmt::format("deskhouse.toml line {}: {}.{}", mapping.line, mapping.source, mapping.entity);
}

// What may not happen at all, or not under this contract.
Status refuse(const EntityMapping& mapping, const std::vector<ColumnChange>& changes, bool accepted) {
  for (const auto& change : changes) {
    const auto readers = readers_of(mapping, change.column);
    if (change.kind == ColumnChange::Kind::removed && !readers.cursor.empty())
      return fail(
          Error::Kind::config,
          fmt::format("{}: {}, by which {} tells what is new. Nothing was read. Map {} to another column, or set "
                      "strategy = \"full\"",
                      place(mapping), described(change), readers.cursor, readers.cursor));
  }
  if (accepted) return {};
  std::string all, frozen;
  for (const auto& change : changes) {
    const auto readers = readers_of(mapping, change.column);
    if (readers.any ? !readers.of(Contract::freeze) : mapping.contract != Contract::freeze) continue;
    all += (all.empty() ? "" : "; ") + described(change);
    if (mapping.contract != Contract::freeze) frozen = " of " + readers.fields;
  }
  if (all.empty()) return {};
  return fail(
      Error::Kind::config,
      fmt::format("{}: {}, and contract = \"freeze\"{} lets no column change. Nothing was loaded. Put the source "
                  "or the mapping right; or take the columns as they are now: deskhouse run --accept-columns",
                  place(mapping), all, frozen));
}

// Whether every record can have it. Of a column that only some files have, nobody needs to know but who reads it.
bool is_there(const EntityMapping& mapping, const Columns& now, const std::string& name) {
  const auto* column = find(now, name);
  return column != nullptr && (column->in_all || !readers_of(mapping, name).any);
}

void find_changes(const EntityMapping& mapping, const RememberedColumns& before, const Columns& now,
                  std::vector<ColumnChange>& changes) {
  for (const auto& column : now) {
    const auto* old = find(before.present, column.name);
    if (holds(before.gone, column.name) && !is_there(mapping, now, column.name)) continue;
    if (old == nullptr) changes.push_back({ColumnChange::Kind::added, column.name, "", column.type, {}, {}});
    if (old != nullptr && old->type != column.type && !old->type.empty() && !column.type.empty())
      changes.push_back({ColumnChange::Kind::retyped, column.name, old->type, column.type, {}, {}});
  }
  for (const auto& column : before.present)
    if (!is_there(mapping, now, column.name))
      changes.push_back({ColumnChange::Kind::removed, column.name, column.type, "", {}, {}});
  for (auto& change : changes) {
    const auto readers = readers_of(mapping, change.column);
    change.fields = readers.fields;
    change.action = action_on(mapping, change, readers);
  }
}

void remember(const EntityMapping& mapping, const RememberedColumns& before, const Columns& now,
              ContractOutcome& outcome) {
  std::vector<std::string> gone = before.gone;
  for (const auto& change : outcome.changes)
    if (change.kind == ColumnChange::Kind::removed) gone.push_back(change.column);
  // What is back, and what nothing names any more, need not be remembered as gone.
  std::erase_if(gone, [&](const auto& name) { return is_there(mapping, now, name) || !readers_of(mapping, name).any; });
  auto present = now;
  std::erase_if(present, [&](const auto& column) { return holds(gone, column.name); });
  outcome.columns = {.present = std::move(present), .gone = std::move(gone)};
}

// "*": every column that no field reads.
void spell_out(EntityMapping& mapping, const Columns& now) {
  if (!mapping.keeps_unmapped) return;
  for (const auto& column : now)
    if (!readers_of(mapping, column.name).any) mapping.custom_fields.push_back(column.name);
}

}  // namespace

std::string_view to_string(ColumnChange::Kind kind) {
  switch (kind) {
    case ColumnChange::Kind::added:
      return "added";
    case ColumnChange::Kind::removed:
      return "removed";
    case ColumnChange::Kind::retyped:
      return "retyped";
  }
  std::unreachable();
}

Result<RememberedColumns> remembered_columns(warehouse::Connection& connection, const EntityMapping& mapping) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format("select column_name, type, is_gone, is_always from meta.source_columns "
                                         "where source = {} and entity = {}",
                                         sql_text(mapping.source), sql_text(mapping.entity))));
  RememberedColumns columns;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    if (rows.integer(i, 2) != 0)
      columns.gone.push_back(rows.display(i, 0));
    else
      columns.present.push_back(
          {.name = rows.display(i, 0), .type = rows.display(i, 1), .always = rows.integer(i, 3) != 0});
  }
  return columns;
}

Result<ContractOutcome> apply_contract(const EntityMapping& mapping, const RememberedColumns& before,
                                       const std::optional<Columns>& now, bool accepted) {
  ContractOutcome outcome{.mapping = mapping, .changes = {}, .columns = before};
  auto& read = outcome.mapping;
  if (!now) {
    for (const auto& column : before.present) read.known.push_back(column.name);
    read.gone = before.gone;
    spell_out(read, before.present);
    return outcome;
  }
  if (!before.empty()) find_changes(mapping, before, *now, outcome.changes);
  DH_TRY(refuse(mapping, outcome.changes, accepted));
  remember(mapping, before, *now, outcome);
  read.gone = outcome.columns.gone;
  spell_out(read, *now);
  return outcome;
}

// "number" and "text" make "number or text".
std::string with_kinds(const std::string& known, const std::string& seen) {
  constexpr std::string_view kOr = " or ";
  std::set<std::string> kinds;
  for (std::string_view rest : {std::string_view(known), std::string_view(seen)})
    while (!rest.empty()) {
      const auto end = std::min(rest.find(kOr), rest.size());
      kinds.emplace(rest.substr(0, end));
      rest.remove_prefix(std::min(end + kOr.size(), rest.size()));
    }
  return fmt::format("{}", fmt::join(kinds, kOr));
}

Status compare_seen(const RememberedColumns& before, const Columns& seen, bool accepted, ContractOutcome& outcome) {
  auto now = before.present;
  auto known = before;
  for (const auto& column : seen) {
    if (const auto old = std::ranges::find(now, column.name, &SourceColumn::name); old != now.end()) {
      old->in_all = column.in_all || !old->always;
      old->always = old->always || column.always;
      old->type = with_kinds(old->type, column.type);
      continue;
    }
    now.push_back(column);
    now.back().in_all = true;
    // That no record had it so far was the same as NULL.
    if (!before.empty() && !holds(before.gone, column.name) && readers_of(outcome.mapping, column.name).any)
      known.present.push_back(column);
  }
  std::erase_if(now, [&](const auto& column) {
    return find(seen, column.name) == nullptr && (column.always || readers_of(outcome.mapping, column.name).needed);
  });
  if (!before.empty()) find_changes(outcome.mapping, known, now, outcome.changes);
  for (auto& change : outcome.changes)
    if (change.kind == ColumnChange::Kind::added && !change.fields.empty() &&
        outcome.mapping.strategy != config::Strategy::full)
      change.action = "read from now on; of all records with `run --reread`";
  DH_TRY(refuse(outcome.mapping, outcome.changes, accepted));
  remember(outcome.mapping, before, now, outcome);
  return {};
}

std::vector<std::string> newly_gone(const ContractOutcome& outcome) {
  std::vector<std::string> columns;
  for (const auto& change : outcome.changes)
    if (change.kind == ColumnChange::Kind::removed && !holds(outcome.mapping.gone, change.column) &&
        readers_of(outcome.mapping, change.column).of(Contract::discard_row))
      columns.push_back(change.column);
  return columns;
}

Status record_columns(warehouse::Connection& connection, std::int64_t run_id,
                      std::span<const ContractOutcome* const> outcomes) {
  std::string entities;
  bool has_changes = false;
  for (const auto* outcome : outcomes) {
    entities += fmt::format("{}({}, {})", entities.empty() ? "" : ", ", sql_text(outcome->mapping.source),
                            sql_text(outcome->mapping.entity));
    has_changes = has_changes || !outcome->changes.empty();
  }
  if (entities.empty()) return {};
  DH_TRY(connection.execute(fmt::format("delete from meta.source_columns where (source, entity) in ({})", entities)));
  DH_ASSIGN(auto columns, warehouse::RowWriter::open(connection, "meta", "source_columns"));
  for (const auto* outcome : outcomes) {
    const auto write = [&](const SourceColumn& column, bool is_gone) {
      columns.text(outcome->mapping.source)
          .text(outcome->mapping.entity)
          .text(lossy_utf8(column.name))
          .text(column.type)
          .boolean(is_gone)
          .integer(run_id)
          .boolean(column.always);
      return columns.end_row();
    };
    for (const auto& column : outcome->columns.present) DH_TRY(write(column, false));
    for (const auto& name : outcome->columns.gone) DH_TRY(write({.name = name}, true));
  }
  DH_TRY(columns.flush());
  if (!has_changes) return {};
  DH_ASSIGN(auto changes, warehouse::RowWriter::open(connection, "meta", "schema_changes"));
  for (const auto* outcome : outcomes)
    for (const auto& c : outcome->changes) {
      changes.integer(run_id)
          .text(outcome->mapping.source)
          .text(outcome->mapping.entity)
          .text(lossy_utf8(c.column))
          .text(c.fields)
          .text(to_string(c.kind))
          .text(c.before)
          .text(c.after)
          .text(c.action);
      DH_TRY(changes.end_row());
    }
  return changes.flush();
}

std::string sentence(const EntityMapping& mapping, const ColumnChange& change) {
  return fmt::format("{}.{}: {}: {}", mapping.source, mapping.entity, described(change), change.action);
}

}  // namespace deskhouse::pipeline
