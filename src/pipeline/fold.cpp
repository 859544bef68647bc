#include "pipeline/fold.h"

#include <fmt/format.h>

#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

// What is folded of each table: the columns that tell rows apart, and the sums of the others.
struct Folded {
  const char *table, *by, *sums;
};
constexpr Folded kFolded[] = {
    {"meta.balances", "source, entity",
     "sum(extracted)::bigint as extracted, sum(loaded)::bigint as loaded, sum(unchanged)::bigint as unchanged, "
     "sum(superseded)::bigint as superseded, sum(quarantined)::bigint as quarantined, sum(ties)::bigint as ties"},
    {"meta.stages", "stage, name",
     "sum(rows_in)::bigint as rows_in, sum(rows_out)::bigint as rows_out, sum(errors)::bigint as errors, "
     "sum(bytes)::bigint as bytes, sum(seconds) as seconds, max(peak_memory_bytes) as peak_memory_bytes"},
    {"meta.field_counts", "source, entity, field",
     "sum(nulled)::bigint as nulled, sum(defaulted)::bigint as defaulted, sum(converted)::bigint as converted, "
     "sum(ambiguous_time)::bigint as ambiguous_time, arg_max(formats, t.run_id) as formats, sum(discarded)::bigint as "
     "discarded"},
};
// Of these the latest of the hour is as good as any.
constexpr Folded kLatest[] = {{"meta.check_results", "check_name", ""}, {"meta.quality", "entity", ""}};

// The runs that are folded, and the one that each becomes part of: the last of its hour.
Result<std::int64_t> choose(warehouse::Connection& connection, Timestamp now) {
  const auto before = warehouse::sql_timestamp({now.us - 3600 * kMicrosPerSecond});
  DH_TRY(connection.execute(fmt::format(
      "create or replace temp table folding as select run_id, max(run_id) over (partition by date_trunc('hour', "
      "started_at)) as kept, started_at, coalesce(folded, 1) as folded, coalesce(first_run_id, run_id) as first_run_id "
      "from meta.runs where kind = 'stream' and status = 'succeeded' and started_at < {} and run_id < (select "
      "least(max(run_id), (select coalesce(unsettled_since, max(run_id)) from meta.state)) from meta.runs) and run_id "
      "not in (select run_id from meta.violations union all select run_id from meta.resolutions union all select "
      "run_id "
      "from staging.quarantine union all select coalesce(replayed_run_id, 0) from staging.quarantine)",
      before)));
  DH_ASSIGN(const auto folded, connection.scalar("select count(*) from folding where run_id <> kept"));
  return folded.value_or(0);
}

Status fold_sums(warehouse::Connection& connection, const Folded& of) {
  return connection.execute(fmt::format(
      "create or replace temp table folded_rows as select f.kept as run_id, {1}, {2} from {0} t join folding f on "
      "f.run_id = t.run_id group by f.kept, {1}; delete from {0} where run_id in (select run_id from folding); insert "
      "into {0} by name from folded_rows",
      of.table, of.by, of.sums));
}

Status keep_latest(warehouse::Connection& connection, const Folded& of) {
  return connection.execute(fmt::format(
      "create or replace temp table folded_rows as select t.* replace (f.kept as run_id) from {0} t join folding f on "
      "f.run_id = t.run_id qualify row_number() over (partition by f.kept, {1} order by t.run_id desc) = 1; delete "
      "from "
      "{0} where run_id in (select run_id from folding); insert into {0} by name from folded_rows",
      of.table, of.by));
}

}  // namespace

Result<std::int64_t> fold_micro_batches(warehouse::Connection& connection, Timestamp now, std::int64_t at_least) {
  // Most times there is little to do: one look at one table tells.
  DH_ASSIGN(const auto old,
            connection.scalar(fmt::format("select count(*) from meta.runs where kind = 'stream' and started_at < {}",
                                          warehouse::sql_timestamp({now.us - 3600 * kMicrosPerSecond}))));
  if (old.value_or(0) < at_least) return 0;
  DH_ASSIGN(const auto folded, choose(connection, now));
  if (folded < at_least) return 0;
  for (const auto& of : kFolded) DH_TRY(fold_sums(connection, of));
  for (const auto& of : kLatest) DH_TRY(keep_latest(connection, of));
  DH_TRY(connection.execute(
      "create or replace temp table folded_rows as select kept, min(started_at) as started_at, sum(folded)::bigint as "
      "folded, min(first_run_id) as first_run_id from folding group by kept having sum(folded) > 1; delete from "
      "meta.runs where run_id in (select run_id from folding where run_id <> kept); update meta.runs set started_at = "
      "f.started_at, folded = f.folded, first_run_id = f.first_run_id from folded_rows f where f.kept = run_id; drop "
      "table folded_rows; drop table folding"));
  return folded;
}

}  // namespace deskhouse::pipeline
