// A project folder with a warehouse of its own, for tests that need whole runs; gone at the end of the test.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "pipeline/run.h"
#include "unit/config/project.h"

namespace deskhouse::pipeline {

inline constexpr Timestamp kNow{1'717'200'000'000'000};  // 2024-06-01
inline constexpr std::string_view kTickets = "[sources.desk.tickets]\npath = \"tickets.csv\"\n";
inline constexpr std::string_view kTicketHeader =
    "id,subject,status,priority,category,requester_id,created_at,updated_at,version\n";

class Desk {
 public:
  explicit Desk(std::string_view toml) : project_("[project]\nthreads = 1\n" + std::string(toml)) { open(); }

  // As someone who edits deskhouse.toml between two runs does.
  void reconfigure(std::string_view toml) {
    warehouse_.reset();
    write("deskhouse.toml", toml);
    open();
  }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((project_.folder() / name).parent_path());
    std::ofstream(project_.folder() / name) << text;
  }
  // Lines of "id,status,updated_at,version"; what else a ticket needs is always the same.
  void deliver_tickets(const std::vector<std::string>& tickets) const {
    std::string text(kTicketHeader);
    for (const auto& t : tickets) {
      const auto first = t.find(','), second = t.find(',', first + 1);
      text += t.substr(0, first) + ",s" + t.substr(first, second - first) + ",High,Mail,r1,2024-05-01," +
              t.substr(second + 1) + "\n";
    }
    write("tickets.csv", text);
  }

  Result<RunReport> try_run(Timestamp as_of = kNow) {
    return pipeline::run(config_, *warehouse_, {.as_of = as_of, .whole = false, .only = {}, .kind = "run"}, {});
  }
  RunReport run(Timestamp as_of = kNow) {
    auto report = try_run(as_of);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *std::move(report) : RunReport{};
  }

  // "cell|cell" a row, rows separated by spaces; NULL is empty.
  std::string rows(const std::string& sql) {
    const auto found = warehouse_->connection.query(sql);
    if (!found) return found.error().message;
    std::string out;
    for (std::size_t i = 0; i < found->row_count(); ++i) {
      if (i > 0) out += ' ';
      for (std::size_t c = 0; c < found->column_count(); ++c) out += (c > 0 ? "|" : "") + found->display(i, c);
    }
    return out;
  }
  void execute(const std::string& sql) {
    const auto done = warehouse_->connection.execute(sql);
    EXPECT_TRUE(done) << done.error().message;
  }

  config::Config& config() { return config_; }
  Warehouse& warehouse() { return *warehouse_; }
  const std::filesystem::path& folder() const { return project_.folder(); }

 private:
  void open() {
    auto loaded = config::load(project_.folder());
    EXPECT_TRUE(loaded) << loaded.error().message;
    config_ = *std::move(loaded);
    auto opened = open_warehouse(config_);
    EXPECT_TRUE(opened) << opened.error().message;
    warehouse_.emplace(*std::move(opened));
  }

  config::Project project_;
  config::Config config_;
  std::optional<Warehouse> warehouse_;
};

// loaded, unchanged, superseded, quarantined, ties of the only entity.
inline std::string balance_of(const RunReport& report) {
  if (report.balances.size() != 1) return "not one entity";
  const auto& b = report.balances[0].balance;
  return std::to_string(b.loaded) + " " + std::to_string(b.unchanged) + " " + std::to_string(b.superseded) + " " +
         std::to_string(b.quarantined) + " " + std::to_string(b.ties);
}

}  // namespace deskhouse::pipeline
