#include "sources/fs_examine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "sources/fs_pages.h"

namespace deskhouse::sources {
namespace {

constexpr std::int64_t kClockTolerance = 60 * kMicrosPerSecond;

Finding clock_finding(std::int64_t ahead_us) {
  const auto found =
      fmt::format("the server's clock is {:.0f} s {} ours",
                  static_cast<double>(std::llabs(ahead_us)) / kMicrosPerSecond, ahead_us < 0 ? "behind" : "ahead of");
  if (std::llabs(ahead_us) <= kClockTolerance) return {Finding::Level::ok, found, ""};
  return {Finding::Level::warn, found, "Let this machine take its time from the network (NTP)"};
}

Result<Finding> workspace_finding(FsShared& shared) {
  DH_ASSIGN(const auto all, fs_workspaces(shared));
  std::vector<std::string> names;
  for (const auto& workspace : all) names.push_back(fmt::format("{} {}", workspace.id, workspace.name));
  const auto& wanted = shared.account.workspaces;
  if (all.size() < 2 || !wanted.empty())
    return Finding{Finding::Level::ok,
                   fmt::format("{} workspaces, of which {} read", all.size(),
                               wanted.empty() ? "the primary one is" : fmt::format("{} are", fmt::join(wanted, ", "))),
                   ""};
  return Finding{Finding::Level::warn,
                 fmt::format("only tickets of the primary workspace are read; there are {}", fmt::join(names, ", ")),
                 "Set workspaces = [\"all\"], or name those to read"};
}

// Statuses of the site's own: what they mean only the site knows.
Finding status_finding(const FsShared& shared, const config::EntityMapping& tickets) {
  std::vector<std::string> unnamed;
  const auto* mapping = tickets.find("status");
  for (const auto& [code, name] : shared.names.statuses()) {
    const bool named = mapping != nullptr &&
                       std::ranges::any_of(mapping->values, [&](const auto& value) { return value.first == code; });
    if (!named) unnamed.push_back(fmt::format("{} ({})", code, name));
  }
  if (unnamed.empty()) return {Finding::Level::ok, "each status of a ticket has a meaning", ""};
  return {
      Finding::Level::warn, fmt::format("statuses of the site's own count as Open: {}", fmt::join(unnamed, ", ")),
      fmt::format("Say what they mean in [sources.{}.tickets.fields.status], docs/freshservice.md", tickets.source)};
}

}  // namespace

Result<std::vector<FsWorkspace>> fs_workspaces(FsShared& shared) {
  std::vector<FsWorkspace> all;
  DH_ASSIGN(const auto answer, shared.client.get("workspaces?per_page=100"));
  const auto records = answer.status == 200 ? fs_list(answer.body, "workspaces") : std::nullopt;
  if (records)
    for (const auto& record : *records) all.push_back({record.id, fs_member(record.text, "name").value_or("")});
  return all;
}

Result<std::vector<Finding>> fs_examine(FsShared& shared, const config::EntityMapping& entity) {
  std::vector<Finding> findings;
  if (entity.entity != "tickets") return findings;
  const auto limit = shared.client.counts().per_window.load();
  findings.push_back(
      {Finding::Level::ok,
       fmt::format("{} accepts the API key{}", shared.client.url(),
                   limit > 0 ? fmt::format(", and {} calls in {} s", limit, shared.account.rate_window_seconds)
                             : ", and tells no limit of calls"),
       ""});
  if (shared.client.clock_ahead_us()) findings.push_back(clock_finding(*shared.client.clock_ahead_us()));
  DH_ASSIGN(auto workspaces, workspace_finding(shared));
  findings.push_back(std::move(workspaces));
  findings.push_back(status_finding(shared, entity));
  return findings;
}

}  // namespace deskhouse::sources
