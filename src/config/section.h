// Typed reading of one table whose shape has been checked (check.h). An absent table reads as an empty one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.h"
#include "base/values.h"
#include "config/document.h"
#include "config/problems.h"
#include "core/calendar.h"

namespace deskhouse::config {

class Section {
 public:
  // `path` as the user writes it, for messages. REQUIRES that value (may be null) and problems outlive the
  // section.
  Section(const Value* value, std::string path, Problems& problems)
      : value_(value), path_(std::move(path)), problems_(&problems) {}

  const Value* find(std::string_view key) const { return value_ == nullptr ? nullptr : value_->find(key); }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  int line() const { return value_ == nullptr ? 0 : value_->line; }
  int line_of(std::string_view key) const;  // of the table if the key is absent
  const std::string& path() const { return path_; }
  Section table(std::string_view key) const;
  std::vector<Section> tables(std::string_view key) const;  // of a list of tables
  std::vector<std::string> names() const;                   // of all members

  void problem(std::string_view key, std::string_view message) const;  // "sla.calendar: message"

  std::string text(std::string_view key, std::string_view fallback) const;
  std::optional<std::string> scalar(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  bool boolean(std::string_view key, bool fallback) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) const;
  Decimal amount(std::string_view key) const;  // 0 if absent
  std::optional<std::int64_t> duration_seconds(std::string_view key) const;
  std::optional<TimeZone> zone(std::string_view key) const;
  std::vector<core::Holiday> holidays(std::string_view key) const;

 private:
  const Value* value_;
  std::string path_;
  Problems* problems_;
};

}  // namespace deskhouse::config
