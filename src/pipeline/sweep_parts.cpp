#include "pipeline/sweep_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "pipeline/key_roll.h"
#include "staging/id_reader.h"

namespace deskhouse::pipeline {
namespace {

using warehouse::sql_text;
constexpr std::size_t kIdsABatch = 50'000;

// Parents whose lists are whole, and the ids on them.
struct Listed {
  std::vector<std::string> parents;
  std::vector<std::int64_t> keys;
};

class PartsSweep {
 public:
  PartsSweep(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
             const Extraction& extraction, sources::HangsOn hangs_on)
      : context_(context),
        source_(source),
        mapping_(mapping),
        extraction_(extraction),
        hangs_on_(std::move(hangs_on)),
        of_source_(fmt::format("source = {}", sql_text(mapping.source))) {}

  Result<Sweep> run(bool is_due) {
    Listed listed;
    DH_TRY(add_extraction(listed));
    DH_TRY(find_round(is_due));
    if (sweep_.round) DH_TRY(add_part(listed));
    if (sweep_.status == Sweep::Status::failed) return std::move(sweep_);
    DH_TRY(judge(listed));
    return std::move(sweep_);
  }

 private:
  // What the run has read anyway. A rejected record of which nobody knows which one it is may be the one that seems to
  // be gone: then only the round tells.
  Status add_extraction(Listed& listed) {
    if (extraction_.unsure_rejects > 0 || extraction_.listed_parents.empty()) return {};
    listed.parents = extraction_.listed_parents;
    DH_ASSIGN(listed.keys,
              context_.connection.integers(fmt::format("select distinct key from {}", extraction_.load_table)));
    listed.keys.insert(listed.keys.end(), extraction_.rejected_keys.begin(), extraction_.rejected_keys.end());
    return {};
  }

  // The one that is under way; `run --sweep` begins anew.
  Status find_round(bool is_due) {
    if (!extraction_.unavailable.empty() || !mapping_.sweep_seconds) return {};
    DH_ASSIGN(const auto rows, context_.connection.query(
                                   fmt::format("select started_at, after, is_asked from meta.sweep_rounds where {} "
                                               "and entity = {}",
                                               of_source_, sql_text(mapping_.entity))));
    if (rows.row_count() > 0 && !context_.asked)
      sweep_.round = {.started_at = Timestamp{rows.integer(0, 0)},
                      .after = rows.display(0, 1),
                      .is_asked = rows.integer(0, 2) != 0};
    else if (is_due)
      sweep_.round = {.started_at = context_.now, .after = "", .is_asked = context_.asked};
    return {};
  }

  // The next parents of the round, and their lists. Of a parent that is itself deleted, nothing is to be seen.
  Status add_part(Listed& listed) {
    auto& round = *sweep_.round;
    DH_ASSIGN(const auto rows,
              context_.connection.query(fmt::format(
                  "select distinct {0} from operational.{1} where {2} and {0} > {3} and {0} not in (select id from "
                  "operational.{4} where {2} and is_deleted) order by 1 limit {5}",
                  hangs_on_.field, mapping_.entity, of_source_, sql_text(round.after), hangs_on_.parents,
                  hangs_on_.most_a_run)));
    std::vector<std::string> parents;
    for (std::size_t i = 0; i < rows.row_count(); ++i) parents.push_back(rows.display(i, 0));
    round.is_done = std::ssize(parents) < hangs_on_.most_a_run;
    sweep_.status = round.is_done ? Sweep::Status::swept : Sweep::Status::partly;
    if (parents.empty()) return {};
    const auto last = parents.back();
    if (const auto read = list(parents, listed); !read) {
      sweep_.status = Sweep::Status::failed;
      sweep_.message = fmt::format("{}.{}: the records that are gone were not looked for: {}. The next run tries again",
                                   mapping_.source, mapping_.entity, read.error().message);
      return {};
    }
    round.after = last;
    return {};
  }

  Status list(const std::vector<std::string>& parents, Listed& listed) {
    DH_ASSIGN(auto ids, staging::IdReader::make(mapping_));
    DH_ASSIGN(const auto reader, source_.open_keys_of(mapping_, ids.raw_columns(), parents));
    sources::RawBatch batch;
    std::int64_t count = 0;
    while (true) {
      DH_ASSIGN(const bool more, reader->next(batch, kIdsABatch));
      if (!more) break;
      for (const auto& record : batch.records) {
        if (record.defect >= 0)
          return fail(Error::Kind::source,
                      fmt::format("the id of record {} of {} cannot be read: {}", record.position, batch.file,
                                  batch.defects[static_cast<std::size_t>(record.defect)].reason));
        if (const auto key = ids.key({batch.fields.data() + record.first_field, ids.raw_columns().size()}))
          listed.keys.push_back(*key);
      }
      count += std::ssize(batch.records);
      if (context_.on_progress)
        context_.on_progress({mapping_.source, mapping_.entity + " (ids)", count, reader->progress()});
    }
    if (!reader->unavailable().empty()) return fail(Error::Kind::source, reader->unavailable());
    std::ranges::move(reader->listed_parents(), std::back_inserter(listed.parents));
    return {};
  }

  // Only records of the parents whose lists are whole are on the roll.
  Status judge(const Listed& listed) {
    std::vector<std::int64_t> known, buried;
    constexpr std::size_t kParentsAQuestion = 2'000;
    for (std::size_t i = 0; i < listed.parents.size(); i += kParentsAQuestion) {
      std::vector<std::string> some;
      for (std::size_t j = i; j < std::min(i + kParentsAQuestion, listed.parents.size()); ++j)
        some.push_back(sql_text(listed.parents[j]));
      const auto of_some =
          fmt::format("{} and {} in (select unnest([{}]))", of_source_, hangs_on_.field, fmt::join(some, ", "));
      const auto table = "operational." + mapping_.entity;
      DH_ASSIGN(const auto alive, context_.connection.integers(
                                      fmt::format("select key from {} where {} and not is_deleted", table, of_some)));
      DH_ASSIGN(
          const auto dead,
          context_.connection.integers(fmt::format(
              "select key from {} where {} and is_deleted and key in (select key from meta.tombstones where {} and "
              "entity = {} and returned_at is null)",
              table, of_some, of_source_, sql_text(mapping_.entity))));
      known.insert(known.end(), alive.begin(), alive.end());
      buried.insert(buried.end(), dead.begin(), dead.end());
    }
    KeyRoll alive(std::move(known)), dead(std::move(buried));
    for (const auto key : listed.keys) {
      alive.see(key);
      dead.see(key);
    }
    sweep_.known = alive.known();
    sweep_.listed = alive.listed();
    sweep_.missing = alive.missing();
    sweep_.present = dead.present();
    if (sweep_.status == Sweep::Status::none && !(sweep_.missing.empty() && sweep_.present.empty()))
      sweep_.status = Sweep::Status::partly;
    return doubt();
  }

  // A ticket whose last entry was deleted has an empty list, and there is nothing odd about that: many at once are.
  Status doubt() {
    if (context_.accept_deletes) return {};
    const auto doubt = doubts(sweep_.known, std::max<std::int64_t>(sweep_.listed, 1), std::ssize(sweep_.missing),
                              mapping_.sweep_limit_percent);
    if (!doubt) return {};
    sweep_.status = Sweep::Status::refused;
    sweep_.missing.clear();
    if (sweep_.round) sweep_.round->is_done = true;  // until its time comes again
    sweep_.message = refused_message(mapping_, *doubt);
    return {};
  }

  const SweepContext& context_;
  sources::Source& source_;
  const config::EntityMapping& mapping_;
  const Extraction& extraction_;
  const sources::HangsOn hangs_on_;
  const std::string of_source_;
  Sweep sweep_;
};

}  // namespace

Result<Sweep> sweep_parts(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                          const Extraction& extraction, bool is_due) {
  const auto start = std::chrono::steady_clock::now();
  auto hangs_on = source.hang_on(mapping);
  DH_ASSERT(hangs_on, "the entity hangs on others");
  DH_ASSIGN(auto result, PartsSweep(context, source, mapping, extraction, *std::move(hangs_on)).run(is_due));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Result<Sweep> sweep_if_due(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                           const Extraction& extraction) {
  DH_ASSIGN(const bool is_due, sweep_is_due(context, mapping));
  if (source.hang_on(mapping)) return sweep_parts(context, source, mapping, extraction, is_due);
  return is_due ? sweep(context, source, mapping, extraction) : Sweep{};
}

Status record_round(warehouse::Connection& connection, const config::EntityMapping& mapping, const Sweep& sweep) {
  if (!sweep.round) return {};
  const auto source = sql_text(mapping.source), entity = sql_text(mapping.entity);
  DH_TRY(connection.execute(
      fmt::format("delete from meta.sweep_rounds where source = {} and entity = {}", source, entity)));
  const auto& round = *sweep.round;
  if (round.is_done || sweep.status == Sweep::Status::refused) return {};
  return connection.execute(fmt::format("insert into meta.sweep_rounds values ({}, {}, {}, {}, {})", source, entity,
                                        warehouse::sql_timestamp(round.started_at), sql_text(round.after),
                                        round.is_asked));
}

}  // namespace deskhouse::pipeline
