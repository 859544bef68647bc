#include "sources/file_reader.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "base/nearest.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

constexpr std::size_t kShownColumns = 40;      // of a file with many, in a message
constexpr std::size_t kShownColumnBytes = 80;  // of a name

std::string place_in_config(const config::EntityMapping& entity, const std::string& column) {
  const auto uses = [&](const config::FieldMapping& field) { return field.column == column; };
  const auto field = std::ranges::find_if(entity.fields, uses);
  const int line = field != entity.fields.end() && field->line > 0 ? field->line : entity.line;
  return line > 0 ? fmt::format("deskhouse.toml line {}: ", line) : std::string();
}

}  // namespace

Error missing_column(const config::EntityMapping& entity, const std::string& column, const std::string& lacks,
                     const std::vector<std::string>& present) {
  std::vector<std::string_view> shown;
  for (const std::string& name : std::span(present).first(std::min(present.size(), kShownColumns)))
    shown.push_back(cut_record(name, kShownColumnBytes));
  return Error{
      Error::Kind::config,
      fmt::format("{}{}.{} names the column '{}', which {}{} (there are: {}{}). Correct the "
                  "name, or mark the field optional",
                  place_in_config(entity, column), entity.source, entity.entity, column, lacks,
                  did_you_mean(column, present), fmt::join(shown, ", "), shown.size() < present.size() ? ", ..." : "")};
}

Result<std::vector<int>> locate_columns(const ReadRequest& request, const std::string& where,
                                        const std::vector<std::string>& present) {
  std::vector<int> place;
  for (const std::string& column : *request.columns) {
    const auto found = std::ranges::find(present, column);
    if (found == present.end() && !config::may_be_absent(*request.entity, column)) {
      return std::unexpected(missing_column(*request.entity, column, where + " does not have", present));
    }
    place.push_back(found == present.end() ? -1 : static_cast<int>(found - present.begin()));
  }
  return place;
}

ColumnReport fixed_report(const std::vector<std::string>& present, const std::vector<int>& place,
                          std::int64_t records) {
  ColumnReport report;
  report.records = records;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const bool wanted = std::ranges::find(place, static_cast<int>(i)) != place.end();
    if (!wanted && !present[i].empty()) report.unmapped.push_back(present[i]);
  }
  for (const int at : place) report.seen.push_back(at >= 0);
  return report;
}

}  // namespace deskhouse::sources
