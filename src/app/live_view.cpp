#include "app/live_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/console.h"
#include "app/output.h"

namespace deskhouse::app {

namespace {

constexpr std::int64_t kBar = 30;
constexpr const char* kClear = "\x1b[H\x1b[2J";  // cursor to the corner, empty screen

std::int64_t sum(const stream::ByPriority& counts) {
  return counts[0] + counts[1] + counts[2] + counts[3];
}

}  // namespace

std::string draw_live(const stream::LiveSnapshot& live, const stream::EngineProgress& progress) {
  std::string out = fmt::format(
      "Data of {}   {} events, {} quarantined, {} behind, last micro-batch {:.0f} ms\n\n"
      "{} tickets: {} open, {} resolved or closed; {} deleted\n"
      "Open: {} critical, {} high, {} medium, {} low\n\n"
      "Tickets created, by 10 seconds{}\n{:<22}{:>9}{:>9}{:>9}{:>9}\n",
      to_string(live.event_time), grouped(progress.events), grouped(progress.quarantined),
      progress.lag ? grouped(*progress.lag) : "?", progress.seconds * 1000, grouped(live.tickets), grouped(live.open),
      grouped(live.resolved), grouped(live.deleted), grouped(live.open_by_priority[3]),
      grouped(live.open_by_priority[2]), grouped(live.open_by_priority[1]), grouped(live.open_by_priority[0]),
      live.corrections > 0 ? fmt::format(" ({} corrections of final ones)", grouped(live.corrections)) : "", "",
      "critical", "high", "medium", "low");
  std::int64_t most = 1;
  for (const auto& window : live.windows) most = std::max(most, sum(window.tickets));
  for (const auto& window : live.windows)
    out += fmt::format("{:<22}{:>9}{:>9}{:>9}{:>9} {} {}\n", to_string(window.start), window.tickets[3],
                       window.tickets[2], window.tickets[1], window.tickets[0], window.is_final ? "=" : "~",
                       std::string(static_cast<std::size_t>(sum(window.tickets) * kBar / most), '#'));
  return out + "\n= final   ~ still open\n";
}

void show_live(const std::string& picture) {
  if (out_is_terminal()) std::fputs(kClear, console().out);
  std::fputs(picture.c_str(), console().out);
  std::fflush(console().out);
}

}  // namespace deskhouse::app
