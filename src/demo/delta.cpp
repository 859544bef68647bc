#include "demo/delta.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "demo/generator.h"
#include "demo/out_file.h"
#include "demo/project_file.h"
#include "demo/tickets.h"
#include "demo/truth.h"

namespace deskhouse::demo {
namespace {

constexpr std::int64_t kOldPerThousand = 3;
constexpr double kOldUpTo = 0.8;  // share of the tickets, oldest first, of which the old ones are taken

bool can_change(const World& world, std::int64_t index) {
  return !is_bare(world.flaws.of(index));
}

// Open tickets change on most days, closed ones hardly ever.
double change_share(const World& world, const State& state) {
  if (state.last.state < TicketState::closed) return 0.6;
  return state.updated_s() > world.end_s - 14 * kDay ? 0.15 : 0;
}

void pick_old(const World& world, std::int64_t count, std::unordered_set<std::int64_t>& picked) {
  for (std::int64_t k = 0; k < count; ++k) {
    Draw draw(world.seed, Stream::delta, -1 - k);
    const double quantile = (static_cast<double>(k) + draw.uniform()) / static_cast<double>(count) * kOldUpTo;
    auto index = static_cast<std::int64_t>(quantile * static_cast<double>(world.tickets));
    while (!can_change(world, index) || picked.contains(index)) index = (index + 1) % world.tickets;
    picked.insert(index);
  }
}

// Returns the bytes written.
Result<std::int64_t> write_files(const std::filesystem::path& folder, const Block& block) {
  struct File {
    std::string_view name, header;
    const Csv& csv;
  };
  const File files[] = {{"tickets.csv", kTicketHeader, block.tickets},
                        {"surveys.csv", kSurveyHeader, block.surveys},
                        {"time_entries.csv", kTimeEntryHeader, block.time_entries},
                        {"ticket_events.csv", kEventHeader, block.events}};
  std::int64_t bytes = 0;
  for (const File& file : files) {
    DH_ASSIGN(OutFile out, OutFile::create(folder / file.name));
    DH_TRY(out.write(file.header));
    DH_TRY(out.write(file.csv.view()));
    DH_TRY(out.close());
    bytes += out.bytes();
  }
  return bytes;
}

}  // namespace

std::vector<std::int64_t> pick_changed(const World& world, std::int64_t count) {
  std::unordered_set<std::int64_t> picked;
  pick_old(world, count * kOldPerThousand / 1000, picked);
  const auto wanted = static_cast<std::size_t>(count);
  for (std::int64_t i = world.tickets - 1; i >= 0 && picked.size() < wanted; --i) {
    if (!can_change(world, i)) continue;
    const State state = state_after(make_life(world, i).steps());
    Draw draw(world.seed, Stream::delta_work, -1 - i);
    if (draw.chance(change_share(world, state))) picked.insert(i);
  }
  // Small or much-changing demos run out of likely ones: then the newest of the others.
  for (std::int64_t i = world.tickets - 1; i >= 0 && picked.size() < wanted; --i)
    if (can_change(world, i)) picked.insert(i);
  std::vector<std::int64_t> ordered(picked.begin(), picked.end());
  std::sort(ordered.begin(), ordered.end());
  return ordered;
}

Result<Summary> generate_delta(const DeltaOptions& options) {
  DH_TRY(check_options(options.base));
  const std::int64_t tickets = options.base.tickets;
  const std::int64_t changed = options.changed >= 0 ? options.changed : (tickets + 50) / 100;
  const std::int64_t added = options.added >= 0 ? options.added : (tickets + 500) / 1000;
  if (changed > tickets / 2 || added > tickets)
    return fail(Error::Kind::usage, "demo: a delta of " + std::to_string(changed) + " changed and " +
                                        std::to_string(added) + " new tickets is too large for " +
                                        std::to_string(tickets) + "; give at most half and as many.");
  const World world(options.base, added);
  Block block;
  for (const std::int64_t index : pick_changed(world, changed)) {
    Life life = make_life(world, index);
    live_one_more_day(world, life);
    write_changed_ticket(world, life, block);
  }
  for (std::int64_t i = tickets; i < tickets + added; ++i) write_ticket(world, make_life(world, i), block);
  const auto folder = options.base.folder / "delta";
  DH_TRY(make_folder(folder));
  DH_ASSIGN(const std::int64_t bytes, write_files(folder, block));
  Truth truth;
  truth.changed = changed;
  truth.add(block.counts);
  DH_TRY(write_whole(folder / "deskhouse.toml", delta_project_file()));
  DH_TRY(write_whole(folder / "truth.json", truth_json(world, options.base, block.counts, truth)));
  Summary summary{.tickets = block.counts.tickets, .rows = 0, .bytes = bytes};
  for (const auto& [name, count] : truth.entities) summary.rows += count.rows;
  return summary;
}

}  // namespace deskhouse::demo
