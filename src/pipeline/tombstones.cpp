#include "pipeline/tombstones.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "warehouse/functions.h"
#include "warehouse/places.h"

namespace deskhouse::pipeline {

namespace {

using models::Delta;
using warehouse::sql_text;
using warehouse::sql_timestamp;

// The marks that hold, of the table meta.tombstones under this alias.
std::string marks_of(const Extraction& x, std::string_view alias = "tombstones") {
  return fmt::format("{0}.source = {1} and {0}.entity = {2} and {0}.returned_at is null", alias,
                     sql_text(x.mapping->source), sql_text(x.mapping->entity));
}

// The marks of one entity of one source.
class Marker {
 public:
  Marker(const BurialContext& context, const Extraction& x)
      : context_(context),
        connection_(context.connection),
        sets_(context.database.functions()),
        x_(x),
        table_(fmt::format("operational.{}", x.entity->name)),
        suffix_(x.load_table.substr(x.load_table.find('.') + 1)) {}

  Result<Delta> run(Sweep& sweep, std::vector<std::int64_t> returned, Delta delta) {
    returned.insert(returned.end(), sweep.present.begin(), sweep.present.end());
    std::ranges::sort(returned);
    returned.erase(std::unique(returned.begin(), returned.end()), returned.end());
    sweep.returned = static_cast<std::int64_t>(returned.size());
    DH_TRY(find(returned, sweep.missing));
    DH_TRY(keep_events(returned));
    DH_TRY(close(returned));
    sweep.deleted = static_cast<std::int64_t>(gone_.size());
    auto touched = gone_;
    touched.insert(touched.end(), again_.begin(), again_.end());
    const auto marked = touched.size();
    touched.insert(touched.end(), freed_.begin(), freed_.end());
    if (touched.empty()) return delta;
    const auto is_touched = sets_.in(touched, "key");
    DH_ASSIGN(auto wider, keep_old(std::move(delta), is_touched));
    touched.resize(marked);
    DH_TRY(mark(is_touched, sets_.in(touched, "key")));
    DH_TRY(bury());
    return keep_new(std::move(wider), is_touched);
  }

 private:
  // Which rows change: freed ones lose the mark, again ones get it back, gone ones get it.
  Status find(const std::vector<std::int64_t>& returned, const std::vector<std::int64_t>& missing) {
    const auto is_returned = sets_.in(returned, "t.key");
    // A row that was replaced by what came back has no mark to lose.
    const auto marks = fmt::format("(select key, row_hash from meta.tombstones where {}) t", marks_of(x_));
    DH_ASSIGN(freed_, connection_.integers(fmt::format("select t.key from {} join {} o on o.key = t.key and o.row_hash "
                                                       "= t.row_hash where {} and o.is_deleted",
                                                       marks, table_, is_returned)));
    // A replay brought a version of a record that is still gone.
    DH_ASSIGN(again_, connection_.integers(fmt::format("select t.key from {} join {} o on o.key = t.key where not {} "
                                                       "and not o.is_deleted",
                                                       marks, table_, is_returned)));
    if (missing.empty()) return {};
    // What this run loaded was there a moment ago.
    DH_ASSIGN(gone_, connection_.integers(fmt::format("select key from {} where {} and source = {} and not is_deleted "
                                                      "and run_id <> {}",
                                                      table_, sets_.in(missing, "key"), sql_text(x_.mapping->source),
                                                      context_.run_id)));
    return {};
  }

  Status keep_events(const std::vector<std::int64_t>& returned) {
    if (x_.entity->name != "tickets") return {};
    const std::pair<const std::vector<std::int64_t>*, const char*> marks[] = {{&gone_, "deleted"},
                                                                              {&returned, "returned"}};
    for (const auto& [keys, what] : marks) {
      if (keys->empty()) continue;
      DH_TRY(connection_.execute(fmt::format(
          "insert into mark_events select '{0}:' || id || ':' || {1}, id, key, {2}, '{0}', source from {3} where {4}",
          what, context_.at.us, sql_timestamp(context_.at), table_, sets_.in(*keys, "key"))));
    }
    return {};
  }

  // Rows change where they are. Models look for those of a run behind all others (docs/decisions/0028), so this table
  // has to be read whole by them, and its indexes are made anew.
  Status mark(const std::string& are_touched, const std::string& is_marked) {
    context_.database.places().replaced(table_);
    return connection_.execute(fmt::format("update {} set is_deleted = {} where {}", table_, is_marked, are_touched));
  }

  Status close(const std::vector<std::int64_t>& returned) {
    if (returned.empty()) return {};
    return connection_.execute(
        fmt::format("update meta.tombstones set returned_at = {}, returned_run_id = {} where {} and {}",
                    sql_timestamp(context_.at), context_.run_id, marks_of(x_), sets_.in(returned, "key")));
  }

  Status bury() {
    if (!again_.empty())
      DH_TRY(
          connection_.execute(fmt::format("update meta.tombstones t set row_hash = o.row_hash from {} o where o.key "
                                          "= t.key and {} and {}",
                                          table_, marks_of(x_, "t"), sets_.in(again_, "t.key"))));
    if (gone_.empty()) return {};
    return connection_.execute(fmt::format(
        "insert into meta.tombstones select source, {}, id, key, row_hash, {}, {}, null, null from {} where "
        "{}",
        sql_text(x_.mapping->entity), sql_timestamp(context_.at), context_.run_id, table_, sets_.in(gone_, "key")));
  }

  // Before the marks: the rows that will differ by them, but for those whose old row publishing has kept.
  Result<Delta> keep_old(Delta delta, const std::string& is_touched) {
    if (delta.mode == Delta::Mode::whole) return delta;
    if (delta.mode == Delta::Mode::none) {
      delta = {Delta::Mode::incremental, "marked_keys__" + suffix_, "marked_old__" + suffix_, "marked_new__" + suffix_};
      DH_TRY(connection_.execute(fmt::format(
          "create or replace temp table {0} as from {1} where {2}; create or replace temp table {3} as select key from "
          "{0}; create or replace temp table {4} as from {1} where false",
          delta.old_rows, table_, is_touched, delta.keys, delta.new_rows)));
      return delta;
    }
    DH_ASSIGN(const auto described, connection_.query(fmt::format("describe {}", delta.old_rows)));
    std::vector<std::string> columns;
    // row_id is where an old row stood, for publishing alone.
    for (std::size_t i = 0; i < described.row_count(); ++i)
      if (described.display(i, 0) != "row_id") columns.push_back(described.display(i, 0));
    DH_TRY(
        connection_.execute(fmt::format("insert into {} by name select {} from {} where {} and key not in (select "
                                        "key from {})",
                                        delta.old_rows, fmt::join(columns, ", "), table_, is_touched, delta.new_rows)));
    if (delta.keys != delta.new_rows)
      DH_TRY(
          connection_.execute(fmt::format("insert into {0} select key from {1} where {2} and key not in (select key "
                                          "from {0})",
                                          delta.keys, table_, is_touched)));
    return delta;
  }

  Result<Delta> keep_new(Delta delta, const std::string& is_touched) {
    if (delta.mode == Delta::Mode::whole) return delta;
    DH_TRY(connection_.execute(fmt::format("delete from {0} where {1}; insert into {0} by name from {2} where {1}",
                                           delta.new_rows, is_touched, table_)));
    return delta;
  }

  const BurialContext& context_;
  warehouse::Connection& connection_;
  warehouse::LocalSets sets_;
  const Extraction& x_;
  const std::string table_, suffix_;
  std::vector<std::int64_t> gone_, again_, freed_;
};

}  // namespace

Result<std::vector<std::int64_t>> find_returned(const BurialContext& context, const Extraction& x) {
  if (!context.is_live) return std::vector<std::int64_t>{};
  DH_ASSIGN(const auto marked,
            context.connection.integers(fmt::format("select key from meta.tombstones where {}", marks_of(x))));
  if (marked.empty()) return marked;
  warehouse::LocalSets sets(context.database.functions());
  return context.connection.integers(
      fmt::format("select distinct key from {} where {}", x.load_table, sets.in(marked, "key")));
}

Result<Delta> publish_marks(const BurialContext& context, const Extraction& extraction, Sweep& sweep,
                            std::vector<std::int64_t> returned, Delta table) {
  DH_ASSIGN(const auto marks, context.connection.scalar(
                                  fmt::format("select count(*) from meta.tombstones where {}", marks_of(extraction))));
  if (marks.value_or(0) == 0 && sweep.missing.empty()) return table;
  return Marker(context, extraction).run(sweep, std::move(returned), std::move(table));
}

Status create_mark_events_table(warehouse::Connection& connection) {
  return connection.execute(
      "create or replace temp table mark_events (id VARCHAR, ticket_id VARCHAR, ticket_key BIGINT, event_at TIMESTAMP, "
      "event_type VARCHAR, source VARCHAR)");
}

Result<Delta> publish_mark_events(const BurialContext& context, Delta events) {
  auto& connection = context.connection;
  DH_ASSIGN(const auto count, connection.scalar("select count(*) from mark_events"));
  if (count.value_or(0) == 0) return events;
  // They state nothing of the ticket but that it went or came.
  DH_TRY(connection.execute(
      fmt::format("create or replace temp table fresh_mark_events as select surrogate_key(source, id) as key, *, "
                  "0::bigint as position, surrogate_key(source, id) as row_hash, {} as loaded_at, {}::bigint as run_id "
                  "from mark_events; insert into operational.ticket_events by name from fresh_mark_events",
                  sql_timestamp(context.at), context.run_id)));
  if (events.mode == Delta::Mode::whole) return events;
  if (events.mode == Delta::Mode::incremental) {
    DH_TRY(connection.execute(fmt::format("insert into {} by name select * from fresh_mark_events", events.new_rows)));
    return events;
  }
  DH_TRY(connection.execute(
      "create or replace temp table old__mark_events as from operational.ticket_events where false; create or replace "
      "temp table new__mark_events as from old__mark_events; insert into new__mark_events by name from "
      "fresh_mark_events"));
  return Delta{Delta::Mode::incremental, "new__mark_events", "old__mark_events", "new__mark_events"};
}

Status record_sweep(warehouse::Connection& connection, std::int64_t run_id, const Extraction& x, const Sweep& sweep,
                    Timestamp at) {
  if (sweep.status == Sweep::Status::none && sweep.returned == 0) return {};
  return connection.execute(fmt::format(
      "insert into meta.sweeps values ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})", run_id,
      sql_text(x.mapping->source), sql_text(x.mapping->entity), sql_text(std::string(to_string(sweep.status))),
      sweep.known, sweep.listed, sweep.deleted, sweep.returned,
      sweep.message.empty() ? "null" : sql_text(sweep.message), sql_timestamp(at), sweep.seconds));
}

}  // namespace deskhouse::pipeline
