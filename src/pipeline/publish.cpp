#include "pipeline/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "schema/catalog.h"
#include "warehouse/functions.h"
#include "warehouse/places.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::FunctionContext;

// Rows affected by a statement: DuckDB answers DML with one row that holds the count.
Result<std::int64_t> affected(Connection& connection, const std::string& sql) {
  DH_ASSIGN(const auto count, connection.scalar(sql));
  return count.value_or(0);
}

// The values of `key` that come twice in `from`, of `rows` rows, and a few others: a bit a value finds them, where
// grouping all of them would take the memory of all of them.
Result<std::vector<std::int64_t>> maybe_twice(Connection& connection, FunctionContext& functions, std::string_view key,
                                              std::string_view from, std::int64_t rows) {
  functions.expect_keys(rows);
  auto found =
      connection.integers(fmt::format("select key from (select {} as key from {}) where seen_before(key)", key, from));
  functions.expect_keys(0);
  return found;
}

// What a version of a ticket says about its history: columns of operational.tickets that version_events has, too, and
// that one in its names.
constexpr const char* kVersionColumns[] = {"id",        "key",      "updated_at",  "version",         "status",
                                           "priority",  "category", "assigned_to", "assigned_to_key", "group_id",
                                           "group_key", "source",   "position",    "row_hash",        "loaded_at",
                                           "run_id"};
constexpr const char* kVersion =
    "id as ticket_id, key as ticket_key, updated_at as event_at, version, status, priority, category, assigned_to, "
    "assigned_to_key, group_id, group_key, source, position, row_hash, loaded_at, run_id";

class Publisher {
 public:
  Publisher(Connection& connection, warehouse::Database& database, Extraction& extraction,
            const std::vector<models::Model>& all_models)
      : connection_(connection),
        functions_(database.functions()),
        sets_(functions_),
        places_(database.places()),
        x_(extraction),
        models_(all_models),
        entity_(*extraction.entity),
        table_(fmt::format("operational.{}", entity_.name)),
        load_(extraction.load_table),
        has_updated_at_(entity_.find("updated_at") != schema::TableInfo::npos),
        has_version_(entity_.find("version") != schema::TableInfo::npos) {}

  Result<Published> run() {
    DH_TRY(find_winners());
    DH_TRY(leave_out_dropped());
    return x_.kind == warehouse::Loader::Kind::bulk ? replace_empty_table() : merge();
  }

 private:
  bool keeps_history() const { return entity_.name == "tickets" && x_.mapping->versions_are_history; }
  std::string temporary(std::string_view what) const {
    return fmt::format("{}__{}", what, load_.substr(load_.find('.') + 1));
  }
  std::string version_table() const {
    for (const auto& v : warehouse::versioned_entities())
      if (v.entity == entity_.name) return "operational." + v.table;
    return {};
  }
  // (updated_at, version), ordered as spec 3 says; a record without a time is older than one with a time.
  std::string rank(std::string_view alias) const {
    return fmt::format("(coalesce({0}.{1}, timestamp '-infinity'), {2}{3})", alias,
                       has_updated_at_ ? "updated_at" : "event_at",
                       has_version_ ? fmt::format("coalesce({}.version, 0)", alias) : "0",
                       x_.is_fed ? fmt::format(", {}.row_hash", alias) : "");
  }
  // Of a feed: rows that are what all that was seen of a record comes to, and no versions of it.
  std::string is_settled(std::string_view position) const {
    return x_.is_fed ? fmt::format("{} < 0", position) : "false";
  }

  // Those of the candidates that come more than once.
  Status find_several(const std::string& several, const std::vector<std::int64_t>& candidates) {
    warehouse::LocalSets sets(functions_);
    return connection_.execute(
        fmt::format("create or replace temp table {} as select key from {} where {} group by key having count(*) > 1",
                    several, load_, sets.in(candidates, "key")));
  }

  // Of several versions of one record the greatest (updated_at, version, position) wins; the others are superseded.
  Status find_winners() {
    DH_ASSIGN(const auto rows, connection_.scalar(fmt::format("select count(*) from {}", load_)));
    load_rows_ = *rows;
    DH_ASSIGN(const auto candidates, maybe_twice(connection_, functions_, "key", load_, load_rows_));
    if (candidates.empty()) return {};
    const auto several = temporary("several");
    DH_TRY(find_several(several, candidates));
    DH_ASSIGN(const auto records, connection_.scalar(fmt::format("select count(*) from {}", several)));
    if (*records == 0) return {};
    DH_TRY(
        check_collisions(fmt::format("select min(id) || ' and ' || max(id) from {} where key in (from {}) group by key "
                                     "having min(id) <> max(id) limit 1",
                                     load_, several)));
    const auto ranked = temporary("ranked");
    DH_TRY(connection_.execute(fmt::format(
        "create or replace temp table {} as select position, key, row_hash, row_number() over versions as place, "
        "row_hash <> first(row_hash) over versions and {} = first({}) over versions as tie "
        "from {} l where key in (from {}) window versions as (partition by key order by {} desc, {} desc, position "
        "desc)",
        ranked, rank("l"), rank("l"), load_, several, is_settled("position"), rank("l"))));
    DH_ASSIGN(lost_positions_, connection_.integers(fmt::format("select position from {} where place > 1", ranked)));
    DH_ASSIGN(changed_keys_, connection_.integers(fmt::format(
                                 "select key from {} group by key having min(row_hash) <> max(row_hash)", ranked)));
    DH_ASSIGN(const auto ties,
              connection_.scalar(fmt::format("select count(*) from {} where place > 1 and tie", ranked)));
    x_.balance.superseded += static_cast<std::int64_t>(lost_positions_.size());
    x_.balance.ties = *ties;
    return {};
  }

  // Tickets of months that were dropped, and what hangs on them, do not come back (retention.h).
  Status leave_out_dropped() {
    const std::string column = entity_.name == "tickets" ? "key" : "ticket_key";
    if (entity_.name != "tickets" && entity_.find("ticket_id") == schema::TableInfo::npos) return {};
    DH_ASSIGN(const auto any, connection_.scalar("select count(*) from (from meta.dropped_tickets limit 1)"));
    if (*any == 0) return {};
    const auto lost = lost_positions_.empty() ? std::string("false") : sets_.in(lost_positions_, "position");
    DH_ASSIGN(const auto rows,
              connection_.query(fmt::format("select position, key from {} where {} in (select key from "
                                            "meta.dropped_tickets) and not {}",
                                            load_, column, lost)));
    std::set<std::int64_t> keys;
    for (std::size_t i = 0; i < rows.row_count(); ++i) {
      lost_positions_.push_back(rows.integer(i, 0));
      keys.insert(rows.integer(i, 1));
    }
    std::erase_if(changed_keys_, [&](std::int64_t key) { return keys.contains(key); });
    x_.balance.superseded += static_cast<std::int64_t>(rows.row_count());
    return {};
  }

  Result<Published> replace_empty_table() {
    Published published;
    // Deleted rows leave gaps, and of each vector with one DuckDB keeps 32 KiB in memory: of tens of millions of rows
    // more than there is. Where there are many, the others are written once more instead.
    constexpr std::size_t kVectorRows = 2048, kMostVectors = 5'000, kFewOf = 20;
    const auto lost = lost_positions_.size(), all = static_cast<std::size_t>(load_rows_);
    const bool is_rewritten = std::min(lost, all / kVectorRows) > kMostVectors || lost > all / kFewOf;
    // The load table stays until the run has ended then: versions are read from it, by all threads, where a table that
    // the same transaction has filled is read by one.
    if (is_rewritten && keeps_history())
      published.versions = versions_of_load_table("");
    else
      DH_TRY(keep_versions(""));
    if (is_rewritten) {
      DH_TRY(connection_.execute(fmt::format("insert into {} by name from {} where not {}", table_, load_,
                                             sets_.in(lost_positions_, "position"))));
    } else {
      if (lost > 0)
        DH_TRY(
            connection_.execute(fmt::format("delete from {} where {}", load_, sets_.in(lost_positions_, "position"))));
      DH_TRY(
          connection_.execute(fmt::format("drop table {}; alter table {} rename to {}", table_, load_, entity_.name)));
    }
    places_.replaced(table_);
    DH_ASSIGN(const auto rows, connection_.scalar(fmt::format("select count(*) from {}", table_)));
    x_.balance.loaded = *rows;
    published.events_added = keeps_history() && (!changed_keys_.empty() || x_.is_fed);
    published.table.mode = *rows > 0 ? models::Delta::Mode::whole : models::Delta::Mode::none;
    return published;
  }

  // The rows that the load table's records met in the table, whole as far as somebody reads them (checks and versions
  // here, and what models name); and one row a winner in `verdict`.
  Status judge() {
    DH_ASSIGN(const auto keys, connection_.integers(fmt::format("select distinct key from {}", load_)));
    // Events have the index of their tickets: they come together.
    const bool by_ticket = entity_.name == "ticket_events";
    const std::string placed_by = by_ticket ? "ticket_key" : "key";
    std::vector<std::int64_t> tickets;
    if (by_ticket) {
      DH_ASSIGN(tickets, connection_.integers(
                             fmt::format("select distinct ticket_key from {} where ticket_key is not null", load_)));
    }
    DH_ASSIGN(auto rows, places_.rows_of(connection_, table_, placed_by, by_ticket ? tickets : keys));
    if (by_ticket)
      for (const auto has_key = sets_.in(keys, "key"); auto& condition : rows.conditions)
        condition += " and " + has_key;
    DH_TRY(connection_.scan(fmt::format("create or replace temp table {} as {}", temporary("met"),
                                        rows.select("rowid as row_id, " + columns_of_old_rows(), table_))));
    DH_TRY(
        check_collisions(fmt::format("select l.id || ' and ' || o.id from {} l join {} o on o.key = l.key where o.id "
                                     "<> l.id or o.source <> l.source limit 1",
                                     load_, temporary("met"))));
    const auto winners = lost_positions_.empty() ? std::string("true") : "not " + sets_.in(lost_positions_, "position");
    const bool is_ranked = has_updated_at_ || entity_.find("event_at") != schema::TableInfo::npos;
    return connection_.execute(fmt::format(
        "create or replace temp table {0} as select l.position, l.key, e.row_id, case when e.row_id is null then 'new' "
        "when {6} then 'newer' when e.row_hash = l.row_hash then 'unchanged' when {1} then 'older' else 'newer' end as "
        "verdict, e.row_id is "
        "not null and e.row_hash <> l.row_hash and {2} as tie from (from {3} where {4}) l left join {5} e on e.key = "
        "l.key",
        temporary("verdict"), is_ranked ? fmt::format("{} < {}", rank("l"), rank("e")) : "false",
        is_ranked ? fmt::format("{} = {}", rank("l"), rank("e")) : "true", load_, winners, temporary("met"),
        is_settled("l.position")));
  }

  // The others go. A table written anew, since deleting from one keeps in memory what is deleted: all of it, where a
  // source is read again and nothing has changed.
  // `verdicts`: none is empty.
  Status keep_met(std::string_view verdicts) {
    const auto which = verdicts.empty()
                           ? std::string("limit 0")
                           : fmt::format("where key in (select key from {} where {})", temporary("verdict"), verdicts);
    return connection_.execute(
        fmt::format("create or replace temp table {0} as from {0} {1}", temporary("met"), which));
  }

  std::string columns_of_old_rows() const {
    std::vector<std::string> all = {"key", "source", "position", "row_hash", "loaded_at", "run_id"};
    for (const auto& column : schema::batch_columns(entity_)) all.push_back(column.name);
    std::set<std::string> wanted = {"key", "id", "source", "row_hash", "position"};
    for (const auto* column : {"updated_at", "event_at", "version"})
      if (entity_.find(column) != schema::TableInfo::npos) wanted.insert(column);
    if (keeps_history()) wanted.insert(std::begin(kVersionColumns), std::end(kVersionColumns));
    for (auto& column : models::columns_read(models_, table_, all)) wanted.insert(std::move(column));
    return fmt::format("{}", fmt::join(wanted, ", "));
  }

  Result<Published> merge() {
    DH_TRY(judge());
    const auto verdict = temporary("verdict"), old_rows = temporary("met");
    DH_ASSIGN(
        auto counts,
        connection_.query(fmt::format(
            "select count(*) filter (verdict in ('new', 'newer')), count(*) filter (verdict = 'unchanged'), "
            "count(*) filter (verdict = 'older'), count(*) filter (verdict = 'newer'), count(*) filter (tie) from {}",
            verdict)));
    x_.balance.loaded = counts.integer(0, 0);
    x_.balance.unchanged = counts.integer(0, 1);
    const auto older = counts.integer(0, 2), newer = counts.integer(0, 3);
    x_.balance.superseded += older;
    x_.balance.ties += counts.integer(0, 4);
    if (x_.balance.unchanged > 0) DH_TRY(keep_met(older + newer > 0 ? "verdict in ('newer', 'older')" : ""));
    DH_TRY(keep_versions(old_rows));
    if (older > 0) DH_TRY(keep_met("verdict = 'newer'"));
    if (newer > 0) {
      DH_ASSIGN(auto replaced, connection_.integers(fmt::format("select row_id from {}", old_rows)));
      for (const auto& condition : places_.conditions_at(table_, std::move(replaced)))
        DH_TRY(connection_.scan(fmt::format("delete from {} where {}", table_, condition)));
    }
    Published published;
    published.events_added = keeps_history() && (older + newer > 0 || !changed_keys_.empty() || x_.is_fed);
    if (x_.balance.loaded == 0 && !versions_added_) return published;
    // What is left of the load table are the new rows.
    if (x_.balance.loaded != load_rows_)
      DH_TRY(connection_.execute(fmt::format(
          "delete from {} where position not in (select position from {} where verdict in ('new', 'newer'))", load_,
          verdict)));
    DH_TRY(connection_.execute(fmt::format("insert into {} by name from {}", table_, load_)));
    published.table = {models::Delta::Mode::incremental, load_, old_rows, load_};
    if (versions_added_) {
      published.table.keys = temporary("keys");
      DH_TRY(connection_.execute(
          fmt::format("create or replace temp table {} as select key from {} union select key from {}",
                      published.table.keys, load_, temporary("versions"))));
    }
    return published;
  }

  // `two_ids`: a query that gives a text for people if one key stands for two ids.
  Status check_collisions(const std::string& two_ids) {
    DH_ASSIGN(const auto ids, connection_.scalar_text(two_ids));
    if (!ids) return {};
    return fail(Error::Kind::source,
                fmt::format("The ids {} of {} have the same 64-bit key. Nothing was loaded. Rename the source in "
                            "deskhouse.toml (the key depends on its name) and run again.",
                            *ids, entity_.name));
  }

  // Versions for the history. `old_rows`: rows that newer or older versions met (empty: none).
  Status keep_versions(const std::string& old_rows) {
    if (const auto table = version_table(); !table.empty()) return keep_member_versions(table);
    if (!keeps_history()) return {};
    const auto select = versions_of_load_table(old_rows);
    if (select.empty()) return {};
    DH_TRY(connection_.execute("insert into version_events by name " + select));
    if (!old_rows.empty())
      DH_TRY(connection_.execute(fmt::format("insert into version_events by name select {} from {} where not ({})",
                                             kVersion, old_rows, is_settled("position"))));
    return {};
  }

  // A SELECT in columns of version_events; empty: there is none. It may outlive this object, as its set does.
  std::string versions_of_load_table(const std::string& old_rows) {
    std::string where = "false";
    if (!changed_keys_.empty()) where = fmt::format("in_changed({}, key)", functions_.add_set(changed_keys_));
    if (!old_rows.empty()) where += fmt::format(" or key in (select key from {})", old_rows);
    if (x_.is_fed) where += fmt::format(" or key in (select key from {} where {})", load_, is_settled("position"));
    if (where == "false") return {};
    return fmt::format("select {} from {} where ({}) and not ({})", kVersion, load_, where, is_settled("position"));
  }

  Status keep_member_versions(const std::string& table) {
    const auto fresh = temporary("versions");
    DH_ASSIGN(const auto keys, connection_.integers(fmt::format("select distinct key from {}", load_)));
    DH_ASSIGN(const auto known, places_.rows_of(connection_, table, "key", keys));
    // Not DISTINCT ON: it keeps whole rows in memory, of millions of requesters more than there is.
    std::string is_again = "false";
    if (!lost_positions_.empty()) {
      DH_ASSIGN(auto again, connection_.integers(fmt::format("select position from {} qualify row_number() over "
                                                             "(partition by key, row_hash order by place) > 1",
                                                             temporary("ranked"))));
      if (!again.empty()) is_again = sets_.in(again, "position");
    }
    DH_TRY(connection_.execute(fmt::format(
        "create or replace temp table {} as select l.* from (from {} where not {}) l anti join ({}) v on v.key = l.key "
        "and v.row_hash = l.row_hash",
        fresh, load_, is_again, known.select("key, row_hash", table))));
    DH_ASSIGN(const auto added, affected(connection_, fmt::format("insert into {} by name from {}", table, fresh)));
    versions_added_ = added > 0;
    return {};
  }

  Connection& connection_;
  FunctionContext& functions_;
  warehouse::LocalSets sets_;
  warehouse::Places& places_;
  Extraction& x_;
  const std::vector<models::Model>& models_;
  const schema::TableInfo& entity_;
  std::string table_, load_;
  bool has_updated_at_, has_version_;
  bool versions_added_ = false;
  std::int64_t load_rows_ = 0;                // of the load table as it came
  std::vector<std::int64_t> lost_positions_;  // rows of the load table that another version beats
  std::vector<std::int64_t> changed_keys_;    // records of which the load table has more than one content
};

}  // namespace

Result<Published> publish_entity(Connection& connection, warehouse::Database& database, Extraction& extraction,
                                 const std::vector<models::Model>& all_models) {
  return Publisher(connection, database, extraction, all_models).run();
}

models::Delta combine(const models::Delta& a, const models::Delta& b) {
  if (a.mode == models::Delta::Mode::none) return b;
  if (b.mode == models::Delta::Mode::none) return a;
  return {models::Delta::Mode::whole, "", "", ""};
}

Status create_version_events_table(Connection& connection) {
  return connection.execute(
      "create or replace temp table version_events (ticket_id VARCHAR, ticket_key BIGINT, event_at TIMESTAMP, version "
      "BIGINT, status VARCHAR, priority VARCHAR, "
      "category VARCHAR, assigned_to VARCHAR, assigned_to_key BIGINT, group_id VARCHAR, group_key BIGINT, source "
      "VARCHAR, position BIGINT, row_hash BIGINT, "
      "loaded_at TIMESTAMP, run_id BIGINT, event_id VARCHAR, event_type VARCHAR)");
}

namespace {

// Each observation of version_events and `more` once, as a SELECT in the columns of operational.ticket_events.
Result<std::string> observations(Connection& connection, FunctionContext& functions, warehouse::LocalSets& sets,
                                 const std::vector<std::string>& more) {
  constexpr auto kSame = "xor(ticket_key, coalesce(row_hash, 0))";
  std::string all = "version_events";
  if (!more.empty())
    all = fmt::format("(from version_events union all by name {})", fmt::join(more, " union all by name "));
  DH_ASSIGN(const auto rows, connection.scalar("select count(*) from " + all));
  DH_ASSIGN(const auto twice, maybe_twice(connection, functions, kSame, all, *rows));
  auto from = all;
  if (!twice.empty()) {
    const auto may_be_again = sets.in(twice, kSame);
    from = fmt::format(
        "(from {1} where not {0} union all by name select distinct on (ticket_key, row_hash, event_id) "
        "* from {1} where {0})",
        may_be_again, all);
  }
  // The id says what the version is, not where it stood: the same version is the same event whatever brings it. This
  // run is the one that brings it, even if the version is an older run's: indexes find new rows by their run
  // (places.cpp).
  return "select surrogate_key(source, id) as key, * from (select coalesce(event_id, 'version:' || ticket_id || ':' || "
         "printf('%016x', row_hash)) as id, ticket_id, ticket_key, event_at, version, coalesce(event_type, 'version') "
         "as event_type, status, priority, category, case when event_id is null then coalesce(assigned_to, '') else "
         "assigned_to end as assigned_to, assigned_to_key, case when event_id is null then coalesce(group_id, '') else "
         "group_id end as group_id, group_key, source, position, row_hash, loaded_at, (select max(run_id) from "
         "meta.runs) as run_id from " +
         from + ")";
}

}  // namespace

Result<models::Delta> publish_version_events(Connection& connection, warehouse::Database& database,
                                             models::Delta loaded, const Versions& versions) {
  warehouse::LocalSets sets(database.functions());
  DH_ASSIGN(const auto found, observations(connection, database.functions(), sets, versions.more));
  if (versions.all_are_new && loaded.mode == models::Delta::Mode::none) {
    DH_ASSIGN(const auto present, connection.scalar("select count(*) from (from operational.ticket_events limit 1)"));
    if (*present == 0) {
      DH_ASSIGN(const auto added, affected(connection, "insert into operational.ticket_events by name " + found));
      loaded.mode = added > 0 ? models::Delta::Mode::whole : models::Delta::Mode::none;
      return loaded;
    }
  }
  DH_TRY(connection.execute("create or replace temp table fresh_events as " + found));
  DH_ASSIGN(const auto tickets, connection.integers("select distinct ticket_key from fresh_events"));
  if (tickets.empty()) return loaded;
  DH_ASSIGN(const auto of_them,
            database.places().rows_of(connection, "operational.ticket_events", "ticket_key", tickets));
  DH_TRY(connection.scan(
      fmt::format("delete from fresh_events where key in ({})", of_them.select("key", "operational.ticket_events"))));
  DH_ASSIGN(const auto added, affected(connection, "insert into operational.ticket_events by name from fresh_events"));
  if (added == 0 || loaded.mode == models::Delta::Mode::whole) return loaded;
  // One delta of the table, whichever way the rows came: ticket_events are never changed, only added.
  if (loaded.mode == models::Delta::Mode::incremental) {
    DH_TRY(connection.execute(fmt::format("insert into {} by name from fresh_events", loaded.new_rows)));
    return loaded;
  }
  DH_TRY(connection.execute(
      "create or replace temp table old__fresh_events as from operational.ticket_events where false"));
  return models::Delta{models::Delta::Mode::incremental, "fresh_events", "old__fresh_events", "fresh_events"};
}

}  // namespace deskhouse::pipeline
