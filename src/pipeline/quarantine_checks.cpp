#include "pipeline/quarantine_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.h"
#include "pipeline/violations.h"
#include "staging/raw_block.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::sql_text;

constexpr std::int64_t kRecordMask = (std::int64_t{1} << staging::kPositionFileShift) - 1;
constexpr std::size_t kValueBytes = 200;

bool judges(const Check& check, std::string_view entity) {
  return check.severity == "quarantine" && check.entity == entity;
}

// A row that has to go.
struct Condemned {
  std::int64_t position = 0, key = 0;
  std::string id, reasons;  // reasons: JSON, as RejectWriter writes it
};

class Court {
 public:
  Court(Judge& judge, Extraction& extraction)
      : judge_(judge), connection_(judge.connection), x_(extraction), load_(extraction.load_table) {}

  Status run() {
    DH_TRY(connection_.execute(
        "create or replace temp table condemned (position bigint, key bigint, id varchar, field varchar, reason "
        "varchar, value varchar)"));
    DH_TRY(number_versions());
    for (std::int64_t version = 1; version <= versions_; ++version) {
      const auto source = versions_ == 1 ? load_ : std::string("judged_rows");
      if (versions_ > 1)
        DH_TRY(connection_.execute(
            fmt::format("create or replace temp view judged_rows as select l.* from {} l where l.position in (select "
                        "position from numbered where version = {})",
                        load_, version)));
      for (const auto& check : judge_.checks)
        if (judges(check, x_.entity->name)) DH_TRY(look(check, source));
    }
    DH_TRY(execute());
    return connection_.execute("drop table condemned; drop view if exists judged_rows; drop table if exists numbered");
  }

 private:
  // A check names records by id, so it sees one row of each id at a time.
  Status number_versions() {
    DH_ASSIGN(const auto most,
              connection_.scalar(fmt::format("select max(n) from (select count(*) as n from {} group by key)", load_)));
    versions_ = most.value_or(0);
    if (versions_ < 2) return {};
    return connection_.execute(
        fmt::format("create or replace temp table numbered as select position, row_number() over (partition by key "
                    "order by position) as version from {}",
                    load_));
  }

  Status look(const Check& check, const std::string& source) {
    CheckContext context(connection_, judge_.functions, judge_.runner);
    const auto body = context.find(check, {.source = source});
    if (!body) {
      const bool lives = connection_.scalar("select 1").has_value();
      return lives ? Status{}
                   : fail(body.error().kind,
                          fmt::format("The check {} ({}) failed: {}", check.name, check.path, body.error().message));
    }
    if (!*body) return {};
    const auto found = connection_.execute(fmt::format(
        "create or replace temp table findings as select f.*, l.position, l.key from ({}) f join {} l on l.id = f.id "
        "where l.position >= 0",
        findings_of(check, **body), source));
    if (!found) return connection_.scalar("select 1") ? Status{} : found;
    DH_TRY(connection_.execute(
        fmt::format("insert into condemned select position, key, id, coalesce(field, ''), {} || message, "
                    "coalesce(value, '') from findings",
                    sql_text(check.name + ": "))));
    DH_ASSIGN(
        const auto count,
        connection_.scalar(fmt::format(
            "insert into meta.violations by name select {} as run_id, {} as check_name, {} as severity, * exclude "
            "(position, key) from findings",
            judge_.run_id, sql_text(check.name), sql_text(check.severity))));
    judge_.violations[check.name] += count.value_or(0);
    return connection_.execute("drop table findings");
  }

  Result<std::vector<Condemned>> read_condemned() {
    DH_ASSIGN(const auto rows, connection_.query("select position, key, id, field, reason, value from condemned order "
                                                 "by position, field, reason"));
    std::vector<Condemned> all;
    for (std::size_t i = 0; i < rows.row_count(); ++i) {
      const auto position = rows.integer(i, 0);
      if (all.empty() || all.back().position != position) {
        if (!all.empty()) all.back().reasons += "]";
        all.push_back({position, rows.integer(i, 1), rows.display(i, 2), "["});
      } else {
        all.back().reasons += ",";
      }
      all.back().reasons += fmt::format("{{\"field\":{},\"reason\":{},\"value\":{}}}", json_text(rows.text(i, 3)),
                                        json_text(rows.text(i, 4)), json_text(rows.text(i, 5).substr(0, kValueBytes)));
    }
    if (!all.empty()) all.back().reasons += "]";
    return all;
  }

  Status execute() {
    DH_ASSIGN(const auto condemned, read_condemned());
    if (condemned.empty()) return {};
    DH_TRY(write(condemned));
    DH_TRY(
        connection_.execute(fmt::format("delete from {} where position in (select position from condemned)", load_)));
    x_.balance.quarantined += static_cast<std::int64_t>(condemned.size());
    for (const auto& row : condemned) x_.rejected_keys.push_back(row.key);
    return {};
  }

  // With the raw bytes, out of the blocks that this run has kept.
  Status write(const std::vector<Condemned>& condemned) {
    const auto of_entity = fmt::format("run_id = {} and source = {} and entity = {}", judge_.run_id,
                                       sql_text(x_.mapping->source), sql_text(x_.entity->name));
    DH_ASSIGN(const auto blocks,
              connection_.query(fmt::format(
                  "select first_position, records, file from staging.raw_blocks where {} order by first_position",
                  of_entity)));
    DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection_, "staging", "quarantine"));
    auto row = condemned.begin();
    for (std::size_t i = 0; i < blocks.row_count() && row != condemned.end(); ++i) {
      const auto first = blocks.integer(i, 0), end = first + blocks.integer(i, 1);
      if (row->position >= end) continue;
      DH_ASSIGN(const auto payload,
                connection_.query(fmt::format("select payload from staging.raw_blocks where {} and first_position = {}",
                                              of_entity, first)));
      auto position = first;
      Status written;
      const bool sound = staging::decode_raw_block(payload.text(0, 0), [&](std::string_view raw) {
        if (row != condemned.end() && position == row->position && written)
          written = write_row(writer, *row++, first, blocks.display(i, 2), raw);
        ++position;
      });
      DH_ASSERT(sound, "a run reads the blocks that it wrote");
      DH_TRY(written);
    }
    DH_ASSERT(row == condemned.end(), "each row of a load table came in a raw block of its run");
    return writer.flush();
  }

  Status write_row(warehouse::RowWriter& writer, const Condemned& row, std::int64_t first, const std::string& file,
                   std::string_view raw) const {
    const auto& lines = x_.lines.at(first);
    writer.integer(judge_.run_id)
        .text(x_.mapping->source)
        .text(x_.entity->name)
        .text(file)
        .integer(row.position)
        .integer(row.position & kRecordMask)
        .integer(lines[static_cast<std::size_t>(row.position - first)])
        .text(row.id)
        .text(x_.headers.at(static_cast<std::int32_t>(row.position >> staging::kPositionFileShift)))
        .blob(raw)
        .text(row.reasons)
        .timestamp(judge_.started_at)
        .text("quarantined")
        .null();
    return writer.end_row();
  }

  Judge& judge_;
  warehouse::Connection& connection_;
  Extraction& x_;
  const std::string load_;
  std::int64_t versions_ = 0;  // most rows of one id
};

}  // namespace

bool is_judged(const std::vector<Check>& checks, std::string_view entity) {
  return std::ranges::any_of(checks, [&](const Check& check) { return judges(check, entity); });
}

Status quarantine_violators(Judge& judge, Extraction& extraction) {
  if (!is_judged(judge.checks, extraction.entity->name)) return {};
  return Court(judge, extraction).run();
}

}  // namespace deskhouse::pipeline
