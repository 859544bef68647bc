#include "pipeline/explain.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "core/sla.h"
#include "schema/catalog.h"
#include "staging/raw_block.h"
#include "staging/stager.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::Rows;
using warehouse::sql_text;

constexpr std::int64_t kRecordMask = (std::int64_t{1} << staging::kPositionFileShift) - 1;
constexpr int kNearIds = 3;

std::optional<Timestamp> time_at(const Rows& rows, std::size_t column) {
  return rows.is_null(0, column) ? std::nullopt : std::optional(Timestamp{rows.integer(0, column)});
}
std::optional<std::int64_t> number_at(const Rows& rows, std::size_t column) {
  return rows.is_null(0, column) ? std::nullopt : std::optional(rows.integer(0, column));
}
std::optional<std::string_view> maybe_text(const Rows& rows, std::size_t row, std::size_t column) {
  return rows.is_null(row, column) ? std::nullopt : std::optional(rows.text(row, column));
}

// Ids that a typist may have meant: by edit distance, among those of about the same length.
Result<Error> not_found(Connection& connection, const std::string& entity, const std::string& id,
                        const std::string& source) {
  DH_ASSIGN(
      const auto rows,
      connection.query(fmt::format(
          "select id from operational.{0} where abs(length(id) - {1}) <= 2 order by levenshtein(id, {2}), id limit {3}",
          entity, id.size(), sql_text(id), kNearIds)));
  std::string near;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    near += fmt::format("{}{}", i == 0 ? "; near it: " : ", ", rows.display(i, 0));
  const auto where = source.empty() ? std::string() : fmt::format(" of source '{}'", source);
  return Error{Error::Kind::usage,
               fmt::format("There is no record '{}'{} in operational.{}{}", id, where, entity, near)};
}

std::string id_is(const std::string& id, const std::string& source) {
  return fmt::format("id = {}{}", sql_text(id), source.empty() ? "" : " and source = " + sql_text(source));
}

// A target and what counts against it, in words of the result.
void choose(const core::SlaPolicies& policies, SlaExplanation& out) {
  const auto choice = policies.choose(out.priority, out.group_id, out.category, out.type);
  out.policy = choice.policy->name;
  out.calendar = choice.policy->calendar->name();
  out.calendar_zone = choice.policy->calendar->spec().zone.name();
  out.stop_statuses = choice.policy->stop_statuses;
  out.resolution_target_us = choice.target.resolution_us;
  out.response_target_us = choice.target.response_us;
}

void write_ledger(const std::vector<core::LedgerLine>& ledger, SlaExplanation& out) {
  for (const auto& line : ledger) {
    const char* kind = line.kind == core::LedgerLine::Kind::counted   ? "counted"
                       : line.kind == core::LedgerLine::Kind::stopped ? "stopped"
                                                                      : "closed";
    out.spans.push_back({line.from, line.to, kind, std::string(line.status), line.elapsed_us});
  }
  if (!ledger.empty()) out.elapsed_us = ledger.back().elapsed_us;
}

}  // namespace

Result<SlaExplanation> explain_sla(const config::Config& config, Connection& connection, const std::string& ticket,
                                   const std::string& source, std::optional<Timestamp> as_of) {
  DH_ASSIGN(const auto rows,
            connection.query(
                fmt::format("select source, id, status, priority, category, coalesce(type, ''), coalesce(group_id, "
                            "''), assigned_to, created_at, first_response_at, resolved_at, reopen_count, "
                            "reassignment_count, is_deleted, key, case when status in ('Resolved', 'Closed') and "
                            "resolved_at is null then coalesce(closed_at, updated_at) end from operational.tickets "
                            "where {} order by source",
                            id_is(ticket, source))));
  if (rows.row_count() == 0) {
    DH_ASSIGN(auto error, not_found(connection, "tickets", ticket, source));
    return std::unexpected(std::move(error));
  }
  if (rows.row_count() > 1)
    return fail(Error::Kind::usage, fmt::format("The sources {} and {} both have a ticket '{}'; add --source",
                                                rows.display(0, 0), rows.display(1, 0), ticket));
  // The order is that of the stored measures (warehouse/functions_measures.cpp).
  DH_ASSIGN(const auto events,
            connection.query(fmt::format(
                "select event_at, status, assigned_to, group_id from operational.ticket_events where ticket_key = {} "
                "order by event_at, coalesce(version, 0), key",
                rows.integer(0, 14))));
  std::vector<core::Observation> history;
  for (std::size_t i = 0; i < events.row_count(); ++i)
    history.push_back({Timestamp{events.integer(i, 0)}, maybe_text(events, i, 1), maybe_text(events, i, 2),
                       maybe_text(events, i, 3)});
  if (!as_of) {
    DH_ASSIGN(const auto stored, connection.scalar("select as_of from meta.state"));
    as_of = Timestamp{stored.value_or(0)};
  }

  SlaExplanation out{.source = rows.display(0, 0),
                     .ticket_id = rows.display(0, 1),
                     .status = rows.display(0, 2),
                     .priority = rows.display(0, 3),
                     .category = rows.display(0, 4),
                     .type = rows.display(0, 5),
                     .group_id = rows.display(0, 6),
                     .assigned_to = rows.display(0, 7),
                     .is_deleted = rows.integer(0, 13) != 0,
                     .created_at = Timestamp{rows.integer(0, 8)},
                     .as_of = *as_of,
                     .first_response_at = time_at(rows, 9),
                     .resolved_at = time_at(rows, 10),
                     .ended_at = time_at(rows, 15)};
  const core::TicketInput input{.status = out.status,
                                .priority = out.priority,
                                .category = out.category,
                                .type = out.type,
                                .group_id = out.group_id,
                                .assigned_to = maybe_text(rows, 0, 7),
                                .created_at = out.created_at,
                                .first_response_at = out.first_response_at,
                                .resolved_at = out.resolved_at,
                                .ended_at = out.ended_at,
                                .source_reopen_count = number_at(rows, 11),
                                .source_reassignment_count = number_at(rows, 12),
                                .history = history};
  core::MeasureScratch scratch;
  const auto measures = core::measure_ticket(input, config.sla, *as_of, scratch);
  choose(config.sla, out);
  out.due_at = measures.due_at;
  out.response_due_at = measures.response_due_at;
  out.sla_breached = measures.sla_breached;
  out.response_breached = measures.response_breached;
  out.first_response_minutes = measures.first_response_minutes;
  if (measures.breach_agent_id) out.breach_agent = std::string(*measures.breach_agent_id);
  out.observations = static_cast<std::int64_t>(history.size());
  write_ledger(core::sla_ledger(input, config.sla, *as_of), out);
  return out;
}

namespace {

// The bytes at `position`, while staging.retention keeps them.
Result<std::optional<std::string>> raw_at(Connection& connection, const RawRecord& record, const std::string& entity,
                                          std::string& file) {
  const auto of_run = fmt::format("run_id = {} and source = {} and entity = {}", record.run_id, sql_text(record.source),
                                  sql_text(entity));
  // Which block, then its bytes: with the range, DuckDB would fetch the bytes of each block up to it.
  DH_ASSIGN(const auto blocks,
            connection.query(fmt::format("select file, first_position from staging.raw_blocks where {} and "
                                         "first_position <= {} and first_position + records > {}",
                                         of_run, record.position, record.position)));
  if (blocks.row_count() == 0) return std::nullopt;
  file = blocks.display(0, 0);
  auto position = blocks.integer(0, 1);
  DH_ASSIGN(const auto bytes,
            connection.query(fmt::format("select payload from staging.raw_blocks where {} and first_position = {}",
                                         of_run, position)));
  if (bytes.row_count() == 0) return std::nullopt;  // they have reached the end of their retention between the two
  std::optional<std::string> found;
  const bool sound = staging::decode_raw_block(bytes.text(0, 0), [&](std::string_view raw) {
    if (position++ == record.position) found = std::string(raw);
  });
  if (!sound)
    return fail(Error::Kind::warehouse, fmt::format("The raw block of {}.{} at position {} is damaged", record.source,
                                                    entity, record.position));
  return found;
}

}  // namespace

Result<std::vector<RawRecord>> explain_record(Connection& connection, const std::string& entity, const std::string& id,
                                              const std::string& source) {
  if (!schema::find_entity(entity)) {
    std::vector<std::string> known;
    for (const auto& table : schema::entities()) known.emplace_back(table.name);
    return fail(Error::Kind::usage, fmt::format("There is no entity '{}'{}; there are {}", entity,
                                                did_you_mean(entity, known), fmt::join(known, ", ")));
  }
  std::vector<RawRecord> records;
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format("select source, run_id, position from operational.{} where {} order by source",
                                         entity, id_is(id, source))));
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    RawRecord record{.state = "loaded",
                     .source = rows.display(i, 0),
                     .file = "",
                     .run_id = rows.integer(i, 1),
                     .position = rows.integer(i, 2),
                     .record = rows.integer(i, 2) & kRecordMask,
                     .raw = {},
                     .reasons = ""};
    DH_ASSIGN(record.raw, raw_at(connection, record, entity, record.file));
    records.push_back(std::move(record));
  }
  DH_ASSIGN(const auto rejects,
            connection.query(fmt::format(
                "select status, source, file, run_id, position, record, raw, reasons from staging.quarantine where "
                "entity = {} and record_id = {}{} order by run_id, position",
                sql_text(entity), sql_text(id), source.empty() ? "" : " and source = " + sql_text(source))));
  for (std::size_t i = 0; i < rejects.row_count(); ++i) {
    RawRecord record{.state = rejects.display(i, 0),
                     .source = rejects.display(i, 1),
                     .file = rejects.display(i, 2),
                     .run_id = rejects.integer(i, 3),
                     .position = rejects.integer(i, 4),
                     .record = rejects.integer(i, 5),
                     .raw = {},
                     .reasons = rejects.display(i, 7)};
    if (record.state != "purged") record.raw = std::string(rejects.text(i, 6));
    records.push_back(std::move(record));
  }
  if (!records.empty()) return records;
  DH_ASSIGN(auto error, not_found(connection, entity, id, source));
  return std::unexpected(std::move(error));
}

}  // namespace deskhouse::pipeline
