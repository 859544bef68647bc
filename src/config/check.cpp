#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "base/parse.h"
#include "config/keys.h"
#include "config/scalars.h"
#include "schema/catalog.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kWeekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                          "friday", "saturday", "sunday",    "weekdays"};

// Where the walk is: the path as in keys(), as the user wrote it, and the entity that FIELD depends on.
struct Place {
  std::string pattern;
  std::string written;
  const schema::TableInfo* entity = nullptr;
};

std::string join(std::string_view path, std::string_view segment) {
  return path.empty() ? std::string(segment) : fmt::format("{}.{}", path, segment);
}

// The segments that may follow `pattern` in the table of keys, each once.
std::vector<std::string_view> segments_after(std::string_view pattern) {
  std::vector<std::string_view> segments;
  for (const auto& key : keys()) {
    auto rest = key.path;
    if (!pattern.empty()) {
      if (!rest.starts_with(pattern) || rest.size() <= pattern.size() || rest[pattern.size()] != '.') continue;
      rest.remove_prefix(pattern.size() + 1);
    }
    const auto segment = rest.substr(0, rest.find('.'));
    if (std::find(segments.begin(), segments.end(), segment) == segments.end()) segments.push_back(segment);
  }
  return segments;
}

// What a segment stands for; empty for NAME, which is free.
std::vector<std::string> names_of(std::string_view segment, const schema::TableInfo* entity) {
  std::vector<std::string> names;
  if (segment == "NAME") return names;
  if (segment == "ENTITY") {
    for (const auto& table : schema::entities()) names.emplace_back(table.name);
  } else if (segment == "FIELD") {
    for (const auto& column : entity->columns) names.emplace_back(column.name);
  } else if (segment == "PRIORITY") {
    names.assign(std::begin(schema::kPriorities), std::end(schema::kPriorities));
  } else if (segment == "WEEKDAY") {
    names.assign(std::begin(kWeekdays), std::end(kWeekdays));
  } else {
    names.emplace_back(segment.ends_with("[]") ? segment.substr(0, segment.size() - 2) : segment);
  }
  return names;
}

const Key* find_key(std::string_view pattern) {
  for (const auto& key : keys())
    if (key.path == pattern) return &key;
  return nullptr;
}

bool is_scalar(const Value& v) {
  return v.kind != Kind::table && v.kind != Kind::list && v.kind != Kind::date;
}

template <class Predicate>
bool all_items(const Value& v, Predicate predicate) {
  return v.kind == Kind::list && std::all_of(v.items.begin(), v.items.end(), predicate);
}

bool is_text(const Value& v) {
  return v.kind == Kind::text;
}

bool has_type(const Value& v, ValueType type) {
  switch (type) {
    case ValueType::text:
    case ValueType::zone:
      return is_text(v);
    case ValueType::text_list:
      return all_items(v, is_text);
    case ValueType::text_map:
      return v.kind == Kind::table &&
             std::all_of(v.members.begin(), v.members.end(), [](const auto& m) { return is_scalar(m.value); });
    case ValueType::scalar:
      return is_scalar(v);
    case ValueType::integer:
      return v.kind == Kind::integer;
    case ValueType::boolean:
      return v.kind == Kind::boolean;
    case ValueType::amount:
      return is_scalar(v) && parse_decimal(v.text).ok();
    case ValueType::duration:
      return is_text(v) && parse_duration_seconds(v.text).has_value();
    case ValueType::hours:
      return all_items(v, [](const Value& item) { return is_text(item) && parse_hours(item.text); });
    case ValueType::holidays:
      return all_items(
          v, [](const Value& item) { return (is_text(item) || item.kind == Kind::date) && parse_holiday(item.text); });
    case ValueType::field:
      return is_text(v) || v.kind == Kind::table;
  }
  std::unreachable();
}

std::string shown(const Value& v) {
  switch (v.kind) {
    case Kind::table:
      return "a table";
    case Kind::text:
      return fmt::format("\"{}\"", v.text);
    case Kind::list: {
      std::string items;
      for (const auto& item : v.items) items += (items.empty() ? "" : ", ") + shown(item);
      return fmt::format("[{}]", items);
    }
    default:
      return v.text;
  }
}

class Walk {
 public:
  explicit Walk(Problems& problems) : problems_(problems) {}

  void table(const Value& value, const Place& place) {
    const auto segments = segments_after(place.pattern);
    for (const auto& [name, member] : value.members) visit(name, member, place, segments);
  }

 private:
  void visit(const std::string& name, const Value& member, const Place& place,
             const std::vector<std::string_view>& segments) {
    // Literal segments first: `sources.NAME.type` is not an entity.
    std::vector<std::string> known;
    std::string_view matched;
    for (const auto segment : segments) {
      const auto names = names_of(segment, place.entity);
      known.insert(known.end(), names.begin(), names.end());
      const bool matches = segment == "NAME" || std::find(names.begin(), names.end(), name) != names.end();
      if (matches && matched.empty()) matched = segment;
    }
    if (matched.empty()) {
      const auto where = place.written.empty() ? "at the top level" : fmt::format("in [{}]", place.written);
      problems_.add(member.line, fmt::format("unknown key '{}' {}{}", name, where, did_you_mean(name, known)));
      return;
    }
    Place next{join(place.pattern, matched), join(place.written, name), place.entity};
    if (matched == "ENTITY") next.entity = schema::find_entity(name);
    value(member, next, matched.ends_with("[]"));
  }

  void value(const Value& member, const Place& place, bool list_of_tables) {
    if (list_of_tables) {
      if (!all_items(member, [](const Value& item) { return item.kind == Kind::table; }))
        return problems_.add(member.line,
                             fmt::format("{} must be a list of tables: write [[{}]]", place.written, place.written));
      for (const auto& item : member.items) table(item, place);
      return;
    }
    const auto* key = find_key(place.pattern);
    if (key != nullptr && !has_type(member, key->type))
      return problems_.add(member.line,
                           fmt::format("{} must be {}, not {}", place.written, describe(key->type), shown(member)));
    if (key == nullptr && member.kind != Kind::table)
      return problems_.add(member.line, fmt::format("{} must be a table, not {}", place.written, shown(member)));
    if (key == nullptr || (key->type == ValueType::field && member.kind == Kind::table)) table(member, place);
  }

  Problems& problems_;
};

}  // namespace

void check_shape(const Value& document, Problems& problems) {
  Walk(problems).table(document, {});
}

}  // namespace deskhouse::config
