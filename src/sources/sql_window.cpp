#include "sources/sql_window.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/nearest.h"
#include "base/parse.h"

namespace deskhouse::sources {
namespace {

// A local clock repeats or leaves out an hour or two; comparing local times is wrong by at most so much.
constexpr std::int64_t kClockChange = 2 * kMicrosPerHour;
constexpr std::int64_t kClockTolerance = 60 * kMicrosPerSecond;

}  // namespace

Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const std::string& shown,
                                             const std::vector<std::string>& has,
                                             const std::function<TimeType(const std::string&)>& type_of) {
  if (entity.strategy == config::Strategy::full) return std::nullopt;
  const auto there = [&](const std::string& column) { return std::ranges::find(has, column) != has.end(); };
  SqlCursor cursor;
  std::vector<std::string_view> fields = {config::change_field(entity)};
  if (entity.strategy == config::Strategy::modified_or_created) fields.emplace_back("created_at");
  for (const auto field : fields) {
    const auto* mapping = entity.find(field);
    DH_ASSERT(mapping != nullptr && mapping->column, "config takes the strategy's fields from columns");
    const auto& column = *mapping->column;
    if (!there(column)) {
      if (config::may_be_absent(entity, column)) return std::nullopt;
      return wrong(entity, fmt::format("the strategy needs the column '{}', which {} does not have{}", column, shown,
                                       did_you_mean(column, has)));
    }
    const auto type = type_of(column);
    if (type.name.empty())
      return wrong(entity, fmt::format("the column '{}' is no timestamp, so nothing can be read by it: cast it in a "
                                       "`query`, or set strategy = \"full\"",
                                       column));
    if (!cursor.times.empty() && type != cursor.type)
      return wrong(entity, "updated_at and created_at must be columns of one type: cast one of them in a `query`");
    cursor.type = type;
    cursor.is_local = !type.is_zoned || entity.override_zone;
    cursor.zone = mapping->time_zone.value_or(entity.time_zone);
    cursor.times.push_back(column);
  }
  if (const auto* id = entity.find("id"); id != nullptr && id->column && there(*id->column)) cursor.id = *id->column;
  return cursor;
}

Timestamp lower_bound(const config::EntityMapping& entity, const ServerClocks& now, const ServerClocks& before,
                      const std::optional<Timestamp>& watermark) {
  auto lower = std::min(before.clock, before.oldest);
  if (watermark) lower = std::min(lower, *watermark);
  // The server's clock against ours: what it lost since then, somebody set it back by.
  const auto lost = (before.clock.us - before.local.us) - (now.clock.us - now.local.us);
  return Timestamp{lower.us - std::max<std::int64_t>(lost, 0) - entity.overlap_seconds * kMicrosPerSecond};
}

Timestamp latest_of(const config::EntityMapping& entity, const ServerClocks& now) {
  return Timestamp{now.clock.us + entity.overlap_seconds * kMicrosPerSecond};
}

std::string bound_text(const SqlCursor& cursor, Timestamp at, Bound bound) {
  if (cursor.is_local) {
    const bool changes = cursor.zone.changes().size() > 1;
    const auto slack = !changes ? 0 : bound == Bound::lower ? -kClockChange : kClockChange;
    at = Timestamp{cursor.zone.to_local(at) + slack};
  }
  auto text = to_string(at);
  text.pop_back();  // the Z
  return text;
}

std::string SqlState::text() const {
  return fmt::format("{} meaning={} columns={} database={} relation={} xmin={} clock={} local={} oldest={}", kind,
                     meaning, columns, database, relation.empty() ? "-" : relation, xmin, clocks.clock.us,
                     clocks.local.us, clocks.oldest.us);
}

std::optional<SqlState> SqlState::parse(std::string_view text) {
  SqlState state{.kind = std::string(text.substr(0, text.find(' '))),
                 .meaning = {},
                 .columns = {},
                 .database = {},
                 .relation = {}};
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (const auto equal = part.find('='); equal != std::string_view::npos)
      values[std::string(part.substr(0, equal))] = part.substr(equal + 1);
  }
  const auto number = [&](const char* key) { return parse_integer(values[key]); };
  for (const auto* key : {"xmin", "clock", "local", "oldest"})
    if (!number(key).ok()) return std::nullopt;
  state.meaning = values["meaning"];
  state.columns = values["columns"];
  state.database = values["database"];
  if (values["relation"] != "-") state.relation = values["relation"];
  state.xmin = static_cast<std::uint64_t>(number("xmin").value);
  state.clocks = {Timestamp{number("clock").value}, Timestamp{number("local").value},
                  Timestamp{number("oldest").value}};
  return state;
}

bool SqlState::continues(const SqlState& before) const {
  if (kind != before.kind || meaning != before.meaning || database != before.database || relation != before.relation)
    return false;
  for (std::string_view rest = columns; !rest.empty();) {
    const auto hash = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(hash.size() + 1, rest.size()));
    if (before.columns.find(hash) == std::string::npos) return false;
  }
  return true;
}

std::string meaning_of(const config::EntityMapping& entity, const std::vector<std::string>& asked) {
  const auto text = fmt::format("{}\n{}\n{}\n{}", static_cast<int>(entity.strategy), entity.table, entity.query,
                                fmt::join(asked, "\n"));
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::string hashes_of(std::vector<std::string> columns) {
  std::string hashes;
  std::ranges::sort(columns);
  for (const auto& name : columns)
    hashes += fmt::format("{}{:08x}", hashes.empty() ? "" : ",", XXH3_64bits(name.data(), name.size()) & 0xffffffff);
  return hashes;
}

std::vector<TimesIn> times_in(const Period& period, const config::EntityMapping& entity,
                              const std::vector<std::string>& has,
                              const std::function<TimeType(const std::string&)>& type_of) {
  std::vector<TimesIn> found;
  for (const auto field : {config::change_field(entity), std::string_view("created_at")}) {
    const auto* mapping = entity.find(field);
    if (mapping == nullptr || !mapping->column || std::ranges::find(has, *mapping->column) == has.end()) continue;
    const auto type = type_of(*mapping->column);
    if (type.name.empty()) return {};
    const SqlCursor cursor{.times = {},
                           .type = type,
                           .id = {},
                           .zone = mapping->time_zone.value_or(entity.time_zone),
                           .is_local = !type.is_zoned || entity.override_zone};
    found.push_back({.field = std::string(field),
                     .column = *mapping->column,
                     .type = type,
                     .from = bound_text(cursor, period.from, Bound::lower),
                     .to = bound_text(cursor, period.to, Bound::upper)});
  }
  return found;
}

std::string as_subquery(const std::string& query) {
  const auto end = query.find_last_not_of("; \n\r\t");
  return fmt::format("(\n{}\n) as entity", query.substr(0, end == std::string::npos ? 0 : end + 1));
}

Finding clock_finding(const ServerClocks& clocks) {
  const auto ahead = clocks.clock.us - clocks.local.us;
  const auto found =
      fmt::format("the server's clock is {:.1f} s {} ours", static_cast<double>(std::llabs(ahead)) / kMicrosPerSecond,
                  ahead < 0 ? "behind" : "ahead of");
  if (std::llabs(ahead) <= kClockTolerance) return {Finding::Level::ok, found, ""};
  return {Finding::Level::warn, found, "Let both machines take their time from one place (NTP)"};
}

// Rows that share an id are versions of one record: right for a log of changes, a surprise for anything else.
Finding unique_finding(const std::string& column, bool is_unique) {
  if (is_unique) return {Finding::Level::ok, fmt::format("{} is unique", column), ""};
  return {Finding::Level::warn, fmt::format("nothing keeps {} unique", column),
          "Rows with one id are taken for versions of one record; if they are not, map id to a key of the table"};
}

std::unexpected<Error> wrong(const config::EntityMapping& entity, std::string_view what) {
  const auto place = entity.line > 0 ? fmt::format("deskhouse.toml line {}: ", entity.line) : "";
  return fail(Error::Kind::config, fmt::format("{}{}.{}: {}", place, entity.source, entity.entity, what));
}

std::string reading(const config::EntityMapping& entity) {
  return fmt::format("{} of {}", entity.entity, entity.input());
}

}  // namespace deskhouse::sources
