#include "pipeline/sweep.h"

#include <fmt/format.h>

#include <chrono>

#include "base/fault.h"
#include "pipeline/key_roll.h"
#include "staging/id_reader.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::sql_text;
constexpr std::size_t kIdsABatch = 50'000;

// Every id that the source lists, on the two rolls.
Status list_ids(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                KeyRoll& alive, KeyRoll& dead) {
  DH_ASSIGN(auto ids, staging::IdReader::make(mapping));
  DH_ASSIGN(const auto reader, source.open_keys(mapping, ids.raw_columns()));
  sources::RawBatch batch;
  while (true) {
    DH_ASSIGN(const bool more, reader->next(batch, kIdsABatch));
    if (!more) break;
    for (const auto& record : batch.records) {
      if (record.defect >= 0)
        return fail(Error::Kind::source,
                    fmt::format("the id of record {} of {} cannot be read: {}", record.position, batch.file,
                                batch.defects[static_cast<std::size_t>(record.defect)].reason));
      const auto key = ids.key({batch.fields.data() + record.first_field, ids.raw_columns().size()});
      if (!key) continue;
      alive.see(*key);
      dead.see(*key);
    }
    fault_point("during_sweep");
    if (context.on_progress)
      context.on_progress({mapping.source, mapping.entity + " (ids)", alive.listed(), reader->progress()});
  }
  if (!reader->unavailable().empty()) return fail(Error::Kind::source, reader->unavailable());
  if (reader->unfinished()) return fail(Error::Kind::source, "the source gives its list of ids in parts");
  return {};
}

// The extraction as the list: what was loaded, and what was rejected though it exists.
Status list_extraction(const SweepContext& context, const Extraction& x, KeyRoll& alive, KeyRoll& dead) {
  if (x.unsure_rejects > 0)
    return fail(Error::Kind::source,
                fmt::format("of {} rejected records it is not known which ones they are, so any that is missing may be "
                            "one of them",
                            x.unsure_rejects));
  DH_ASSIGN(auto keys, context.connection.integers(fmt::format("select distinct key from {}", x.load_table)));
  keys.insert(keys.end(), x.rejected_keys.begin(), x.rejected_keys.end());
  for (const auto key : keys) {
    alive.see(key);
    dead.see(key);
  }
  return {};
}

void judge(const SweepContext& context, const config::EntityMapping& mapping, const KeyRoll& alive, Sweep& result) {
  result.known = alive.known();
  result.listed = alive.listed();
  result.missing = alive.missing();
  result.status = Sweep::Status::swept;
  if (context.accept_deletes) return;
  const auto doubt = doubts(result.known, result.listed, static_cast<std::int64_t>(result.missing.size()),
                            mapping.sweep_limit_percent);
  if (!doubt) return;
  result.status = Sweep::Status::refused;
  result.missing.clear();
  result.message = refused_message(mapping, *doubt);
}

}  // namespace

std::string refused_message(const config::EntityMapping& mapping, std::string_view doubt) {
  return fmt::format(
      "{}.{}: {}. Nothing was marked as deleted. See whether the source's user may still read all rows (`deskhouse "
      "doctor`); if they are really deleted: deskhouse run --source {} --only {} --sweep --accept-deletes",
      mapping.source, mapping.entity, doubt, mapping.source, mapping.entity);
}

std::string_view to_string(Sweep::Status status) {
  switch (status) {
    case Sweep::Status::none:
      return "none";
    case Sweep::Status::swept:
      return "swept";
    case Sweep::Status::partly:
      return "partly";
    case Sweep::Status::refused:
      return "refused";
    case Sweep::Status::failed:
      return "failed";
  }
  std::unreachable();
}

Result<bool> sweep_is_due(const SweepContext& context, const config::EntityMapping& mapping) {
  if (!mapping.sweep_seconds) return false;
  if (context.asked) return true;
  // The latest try. One that failed is repeated at once; one of the future was made before the clock was set back.
  DH_ASSIGN(const auto last, context.connection.query(
                                 fmt::format("select status, started_at from meta.sweeps where source = {} and entity "
                                             "= {} and status not in ('none', 'partly') order by run_id desc limit 1",
                                             sql_text(mapping.source), sql_text(mapping.entity))));
  if (last.row_count() == 0 || last.display(0, 0) == to_string(Sweep::Status::failed)) return true;
  const auto at = last.integer(0, 1);
  return at > context.now.us || at + *mapping.sweep_seconds * kMicrosPerSecond <= context.now.us;
}

Result<Sweep> sweep(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                    const Extraction& extraction) {
  const auto start = std::chrono::steady_clock::now();
  const auto of_source = fmt::format("source = {}", sql_text(mapping.source));
  DH_ASSIGN(auto known, context.connection.integers(fmt::format("select key from operational.{} where {} and not "
                                                                "is_deleted",
                                                                mapping.entity, of_source)));
  DH_ASSIGN(auto buried, context.connection.integers(fmt::format("select key from meta.tombstones where {} and entity "
                                                                 "= {} and returned_at is null",
                                                                 of_source, sql_text(mapping.entity))));
  Sweep result;
  KeyRoll alive(std::move(known)), dead(std::move(buried));
  if (alive.known() + dead.known() == 0) {  // nothing can be missing
    result.status = Sweep::Status::swept;
    return result;
  }
  const bool read_all = mapping.strategy == config::Strategy::full && !extraction.backfill && !extraction.is_fed &&
                        source.full_read_lists_keys();
  const auto listed =
      read_all ? list_extraction(context, extraction, alive, dead) : list_ids(context, source, mapping, alive, dead);
  if (listed) {
    judge(context, mapping, alive, result);
    result.present = dead.present();
  } else {
    result.status = Sweep::Status::failed;
    result.known = alive.known();
    result.message = fmt::format("{}.{}: the records that are gone were not looked for: {}. The next run tries again",
                                 mapping.source, mapping.entity, listed.error().message);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace deskhouse::pipeline
