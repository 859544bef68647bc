#include "base/posix_rule.h"

#include <algorithm>
#include <cctype>

namespace deskhouse {
namespace {

// Reads a rule from left to right; each step returns nullopt when the text is not what the grammar wants
// there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "CET" or "<+0330>".
  bool skip_name() {
    std::size_t length = 0;
    if (rest_.starts_with('<')) {
      length = rest_.find('>');
      if (length == std::string_view::npos) return false;
      rest_.remove_prefix(length + 1);
      return true;
    }
    while (length < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[length]))) ++length;
    rest_.remove_prefix(length);
    return length >= 3;
  }

  std::optional<int> number(int max) {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
      value = value * 10 + (rest_[digits] - '0');
    if (digits == 0 || value > max) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  // [+-]h[:m[:s]] as seconds.
  std::optional<std::int64_t> clock() {
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number(167);
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * 3600;
    for (const int unit : {60, 1}) {
      if (!take(':')) break;
      const auto part = number(59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }

  std::optional<PosixRule::YearlyDay> yearly_day() {
    PosixRule::YearlyDay day;
    if (take('M')) {
      const auto month = number(12), week = take('.') ? number(5) : std::nullopt;
      const auto weekday = take('.') ? number(6) : std::nullopt;
      if (!month || !week || !weekday || *month < 1 || *week < 1) return std::nullopt;
      day = {PosixRule::YearlyDay::Kind::month_week, *month, *week, *weekday};
    } else {
      const bool julian = take('J');
      const auto number_of_day = number(365);
      if (!number_of_day || (julian && *number_of_day < 1)) return std::nullopt;
      day.kind = julian ? PosixRule::YearlyDay::Kind::julian_without_leap_day : PosixRule::YearlyDay::Kind::day_of_year;
      day.day = *number_of_day;
    }
    if (take('/')) {
      const auto time = clock();
      if (!time) return std::nullopt;
      day.time_s = *time;
    }
    return day;
  }

 private:
  std::string_view rest_;
};

int date_of(const PosixRule::YearlyDay& rule, int year) {
  const int new_year = from_civil({year, 1, 1}).days;
  if (rule.kind == PosixRule::YearlyDay::Kind::day_of_year) return new_year + rule.day;
  if (rule.kind == PosixRule::YearlyDay::Kind::julian_without_leap_day) {
    const bool after_leap_day = rule.day >= 60 && is_valid({year, 2, 29});
    return new_year + rule.day - 1 + (after_leap_day ? 1 : 0);
  }
  const auto month = static_cast<unsigned>(rule.month);
  const int first = from_civil({year, month, 1}).days;
  const int next_month = month == 12 ? from_civil({year + 1, 1, 1}).days : from_civil({year, month + 1, 1}).days;
  const int first_weekday = static_cast<int>((first + 4) - 7 * floor_div(first + 4, 7));  // 0 = Sunday
  int day = first + (rule.day - first_weekday + 7) % 7 + 7 * (rule.week - 1);
  if (day >= next_month) day -= 7;
  return day;
}

}  // namespace

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  Reader reader(text);
  PosixRule rule;
  if (!reader.skip_name()) return std::nullopt;
  const auto west_of_utc = reader.clock();
  if (!west_of_utc) return std::nullopt;
  rule.standard_s_ = -*west_of_utc;
  if (reader.at_end()) return rule;

  if (!reader.skip_name()) return std::nullopt;
  Summer summer{rule.standard_s_ + 3600, {}, {}};
  if (!reader.take(',')) {
    const auto summer_west = reader.clock();
    if (!summer_west || !reader.take(',')) return std::nullopt;
    summer.offset_s = -*summer_west;
  }
  const auto begin = reader.yearly_day();
  const auto end = begin && reader.take(',') ? reader.yearly_day() : std::nullopt;
  if (!end || !reader.at_end()) return std::nullopt;
  summer.begin = *begin;
  summer.end = *end;
  rule.summer_ = summer;
  return rule;
}

std::vector<PosixRule::Change> PosixRule::changes(int first_year, int last_year) const {
  std::vector<Change> all;
  if (!summer_) return all;
  for (int year = first_year; year <= last_year; ++year) {
    // Each change is written in the local time that holds before it.
    const auto at = [&](const YearlyDay& rule, std::int64_t offset_before_s) {
      return std::int64_t{date_of(rule, year)} * 86'400 + rule.time_s - offset_before_s;
    };
    all.push_back({at(summer_->end, summer_->offset_s), standard_s_});
    all.push_back({at(summer_->begin, standard_s_), summer_->offset_s});
  }
  // Stable, so that where summer ends as the next begins (summer all year), the beginning has the last word.
  std::ranges::stable_sort(all, {}, &Change::at_s);
  return all;
}

}  // namespace deskhouse
