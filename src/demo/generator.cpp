#include "demo/generator.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "demo/delta.h"
#include "demo/out_file.h"
#include "demo/project_file.h"
#include "demo/simple_entities.h"
#include "demo/tickets.h"
#include "demo/truth.h"

namespace deskhouse::demo {
namespace {

constexpr std::int64_t kBlockTickets = 4096;
constexpr std::int64_t kFileTickets = 49 * kBlockTickets;  // with repeated rows always below 250,000 rows

std::string ticket_file_name(std::int64_t number) {
  std::string digits = std::to_string(number);
  return "tickets_" + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits + ".csv";
}

// Ticket files of an earlier, larger demo would be read as part of this one.
Status remove_ticket_files(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::int64_t number = 1;; ++number) {
    if (!std::filesystem::remove(folder / ticket_file_name(number), error)) break;
  }
  if (error) return fail(Error::Kind::io, "cannot remove an old file in " + folder.string() + ": " + error.message());
  return {};
}

// The four files that grow with the tickets. Blocks arrive in order.
class TicketFiles {
 public:
  static Result<TicketFiles> create(const std::filesystem::path& folder) {
    DH_ASSIGN(OutFile surveys, OutFile::create(folder / "surveys.csv"));
    DH_ASSIGN(OutFile time_entries, OutFile::create(folder / "time_entries.csv"));
    DH_ASSIGN(OutFile events, OutFile::create(folder / "ticket_events.csv"));
    DH_TRY(surveys.write(kSurveyHeader));
    DH_TRY(time_entries.write(kTimeEntryHeader));
    DH_TRY(events.write(kEventHeader));
    return TicketFiles(folder / "tickets", std::move(surveys), std::move(time_entries), std::move(events));
  }

  Status write(std::int64_t first_ticket, const Block& block) {
    if (first_ticket % kFileTickets == 0) DH_TRY(next_ticket_file(first_ticket / kFileTickets + 1));
    DH_TRY(tickets_->write(block.tickets.view()));
    DH_TRY(surveys_.write(block.surveys.view()));
    DH_TRY(time_entries_.write(block.time_entries.view()));
    DH_TRY(events_.write(block.events.view()));
    counts_ += block.counts;
    return {};
  }

  // Bytes of all four, after closing them.
  Result<std::int64_t> close() {
    if (tickets_) DH_TRY(close_ticket_file());
    for (OutFile* file : {&surveys_, &time_entries_, &events_}) DH_TRY(file->close());
    return ticket_bytes_ + surveys_.bytes() + time_entries_.bytes() + events_.bytes();
  }
  const Block::Counts& counts() const { return counts_; }
  OutFile& surveys() { return surveys_; }

 private:
  TicketFiles(std::filesystem::path folder, OutFile surveys, OutFile time_entries, OutFile events)
      : folder_(std::move(folder)),
        surveys_(std::move(surveys)),
        time_entries_(std::move(time_entries)),
        events_(std::move(events)) {}

  Status close_ticket_file() {
    DH_TRY(tickets_->close());
    ticket_bytes_ += tickets_->bytes();
    tickets_.reset();
    return {};
  }
  Status next_ticket_file(std::int64_t number) {
    if (tickets_) DH_TRY(close_ticket_file());
    DH_ASSIGN(OutFile file, OutFile::create(folder_ / ticket_file_name(number)));
    DH_TRY(file.write(kTicketHeader));
    tickets_ = std::move(file);
    return {};
  }

  std::filesystem::path folder_;
  std::optional<OutFile> tickets_;
  OutFile surveys_, time_entries_, events_;
  std::int64_t ticket_bytes_ = 0;
  Block::Counts counts_;
};

// Fills blocks on several threads and writes them in order: a thread that has filled its block waits for its
// turn.
class BlockLine {
 public:
  BlockLine(const World& world, const Options& options, TicketFiles& files)
      : world_(world), options_(options), files_(files) {}

  Status run() {
    const auto blocks = (world_.tickets + kBlockTickets - 1) / kBlockTickets;
    const auto threads = std::min<std::int64_t>(options_.threads, blocks);
    std::vector<std::jthread> helpers;
    for (std::int64_t i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
    work();
    helpers.clear();
    return status_;
  }

 private:
  void work() {
    Block block;
    for (;;) {
      const std::int64_t first = kBlockTickets * taken_.fetch_add(1);
      if (first >= world_.tickets) return;
      const std::int64_t after = std::min(first + kBlockTickets, world_.tickets);
      block.clear();
      for (std::int64_t i = first; i < after; ++i) write_ticket(world_, make_life(world_, i), block);
      end_block(block);
      if (!hand_in(first, after, block)) return;
    }
  }

  bool hand_in(std::int64_t first, std::int64_t after, const Block& block) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return done_ == first || !status_; });
    if (!status_) return false;
    status_ = files_.write(first, block);
    done_ = after;
    if (options_.progress) options_.progress(static_cast<double>(after) / static_cast<double>(world_.tickets));
    turn_.notify_all();
    return status_.has_value();
  }

  const World& world_;
  const Options& options_;
  TicketFiles& files_;
  std::atomic<std::int64_t> taken_ = 0;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::int64_t done_ = 0;  // guarded by mutex_, as is status_
  Status status_;
};

// Surveys that point nowhere; in the last month.
std::int64_t write_unknown_ticket_surveys(const World& world, Csv& csv) {
  const std::int64_t count = world.has_flaws ? std::min(kUnknownTicketSurveys, world.tickets / 100) : 0;
  for (std::int64_t i = 1; i <= count; ++i) {
    csv.id("SV-LOST-", i, 1);
    csv.id(",INC-LOST-", i, 1);
    csv.text(",3,5,,");
    csv.time(world.end_s - i * 4 * kDay);
    csv.newline();
  }
  return count;
}

Result<std::int64_t> write_simple_entity(const World& world, const SimpleEntity& entity,
                                         const std::filesystem::path& folder, EntityCount& count) {
  DH_ASSIGN(OutFile file, OutFile::create(folder / (std::string(entity.name) + ".csv")));
  DH_TRY(file.write(entity.header));
  Csv csv;
  count.distinct_ids = entity.count(world);
  for (std::int64_t i = 0; i < count.distinct_ids; ++i) {
    count.rows += entity.write(world, i, csv);
    if (csv.size() < 1 << 20) continue;
    DH_TRY(file.write(csv.view()));
    csv.clear();
  }
  DH_TRY(file.write(csv.view()));
  DH_TRY(file.close());
  count.superseded = count.rows - count.distinct_ids;
  return file.bytes();
}

}  // namespace

Status check_options(const Options& options) {
  const auto usage = [](std::string message) { return fail(Error::Kind::usage, std::move(message)); };
  if (options.folder.empty()) return usage("demo: name the folder to write to.");
  if (options.tickets < 1 || options.tickets > 100'000'000)
    return usage("demo: --tickets is " + std::to_string(options.tickets) + "; give 1 to 100,000,000.");
  if (options.years < 1 || options.years > 10)
    return usage("demo: years is " + std::to_string(options.years) + "; give 1 to 10.");
  if (options.threads < 1 || options.threads > 64)
    return usage("demo: threads is " + std::to_string(options.threads) + "; give 1 to 64.");
  const CivilDate end = to_civil(utc_day(options.end));
  if (options.end.us % kMicrosPerHour != 0 || end.year < 1990 || end.year >= 2099)
    return usage("demo: the end is " + to_string(options.end) + "; give a whole hour between 1990 and 2099.");
  return {};
}

Result<Summary> generate(const Options& options) {
  DH_TRY(check_options(options));
  const World world(options);
  DH_TRY(make_folder(options.folder / "tickets"));
  DH_TRY(remove_ticket_files(options.folder / "tickets"));
  Summary summary;
  Truth truth;
  for (const auto& entity : simple_entities()) {
    DH_ASSIGN(const std::int64_t bytes,
              write_simple_entity(world, entity, options.folder, truth.entities[std::string(entity.name)]));
    summary.bytes += bytes;
  }
  DH_ASSIGN(TicketFiles files, TicketFiles::create(options.folder));
  DH_TRY(BlockLine(world, options, files).run());
  Csv lost;
  truth.unknown_ticket_surveys = write_unknown_ticket_surveys(world, lost);
  DH_TRY(files.surveys().write(lost.view()));
  DH_ASSIGN(const std::int64_t ticket_bytes, files.close());
  truth.add(files.counts());
  DH_TRY(write_whole(options.folder / "deskhouse.toml", project_file()));
  DH_TRY(write_whole(options.folder / "truth.json", truth_json(world, options, files.counts(), truth)));
  summary.tickets = files.counts().tickets;
  summary.bytes += ticket_bytes;
  for (const auto& [name, count] : truth.entities) summary.rows += count.rows;
  return summary;
}

}  // namespace deskhouse::demo
