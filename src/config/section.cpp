#include "config/section.h"

#include <fmt/format.h>

#include <utility>

#include "base/parse.h"
#include "config/scalars.h"

namespace deskhouse::config {

int Section::line_of(std::string_view key) const {
  const auto* member = find(key);
  return member != nullptr ? member->line : line();
}

Section Section::table(std::string_view key) const {
  return {find(key), path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), *problems_};
}

std::vector<Section> Section::tables(std::string_view key) const {
  std::vector<Section> sections;
  if (const auto* list = find(key))
    for (const auto& item : list->items) sections.emplace_back(&item, fmt::format("{}.{}", path_, key), *problems_);
  return sections;
}

std::vector<std::string> Section::names() const {
  std::vector<std::string> names;
  if (value_ != nullptr)
    for (const auto& [name, member] : value_->members) names.push_back(name);
  return names;
}

void Section::problem(std::string_view key, std::string_view message) const {
  problems_->add(line_of(key), fmt::format("{}.{}: {}", path_, key, message));
}

std::string Section::text(std::string_view key, std::string_view fallback) const {
  const auto* member = find(key);
  return std::string(member != nullptr ? std::string_view(member->text) : fallback);
}

std::optional<std::string> Section::scalar(std::string_view key) const {
  const auto* member = find(key);
  return member != nullptr ? std::optional(member->text) : std::nullopt;
}

std::vector<std::string> Section::texts(std::string_view key) const {
  std::vector<std::string> texts;
  if (const auto* list = find(key))
    for (const auto& item : list->items) texts.push_back(item.text);
  return texts;
}

bool Section::boolean(std::string_view key, bool fallback) const {
  const auto* member = find(key);
  return member != nullptr ? member->boolean : fallback;
}

std::int64_t Section::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                              std::int64_t most) const {
  const auto* member = find(key);
  if (member == nullptr) return fallback;
  if (member->integer < least || member->integer > most)
    problem(key, fmt::format("must be from {} to {}, not {}", least, most, member->integer));
  return member->integer;
}

Decimal Section::amount(std::string_view key) const {
  const auto* member = find(key);
  return member != nullptr ? parse_decimal(member->text).value : Decimal{};
}

std::optional<std::int64_t> Section::duration_seconds(std::string_view key) const {
  const auto* member = find(key);
  return member != nullptr ? parse_duration_seconds(member->text) : std::nullopt;
}

std::optional<TimeZone> Section::zone(std::string_view key) const {
  const auto* member = find(key);
  if (member == nullptr) return std::nullopt;
  auto zone = TimeZone::load(member->text);
  if (!zone) {
    problem(key, zone.error().message);
    return std::nullopt;
  }
  return std::move(*zone);
}

std::vector<core::Holiday> Section::holidays(std::string_view key) const {
  std::vector<core::Holiday> holidays;
  if (const auto* list = find(key))
    for (const auto& item : list->items)
      if (const auto holiday = parse_holiday(item.text)) holidays.push_back(*holiday);
  return holidays;
}

}  // namespace deskhouse::config
