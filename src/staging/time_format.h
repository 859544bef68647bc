// Date-times as people write them, read into a clock reading: no zone, no range that only UTC can decide.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace deskhouse::staging {

// What was written. `clock_us`: the clock's reading as microseconds since 1970-01-01T00:00 of that clock.
// With an offset, the instant is clock_us - offset_us. An epoch number is an instant by itself: offset 0.
struct ClockTime {
  std::int64_t clock_us = 0;
  std::int64_t offset_us = 0;
  bool has_offset = false;
  bool is_epoch = false;
  std::int64_t year = 0;  // as written, also if the rest cannot be represented
};

enum class ReadFault {
  none,
  no_match,   // not written like this
  zero_date,  // 0000-00-00
  year,       // a date, but its year is not in 1970..2100; ClockTime::year names it
};

// One format, compiled into a small program. Immutable, thread-safe; reading allocates nothing.
class TimeFormat {
 public:
  // "iso", "epoch_s", "epoch_ms" or a pattern of %Y %y %m %d %b %B %H %I %p %M %S %f %z %% and literal
  // characters. %m %d %H %I %M %S accept one or two digits, but exactly two beside another number ("%Y%m%d").
  // %y: 70..99 are 19xx, the others 20xx. %f: one to nine digits, cut to microseconds. White space matches
  // any, but not none. The error says what is wrong with the pattern.
  static std::expected<TimeFormat, std::string> compile(std::string_view pattern);

  const std::string& name() const { return name_; }
  bool is_iso() const { return kind_ == Kind::iso; }
  ReadFault read(std::string_view text, ClockTime& out) const;

 private:
  enum class Kind { iso, epoch_s, epoch_ms, pattern };
  struct Op {
    char code = 0;  // the letter after %, ' ' for white space, '=' for a literal
    char literal = 0;
    int max_digits = 0;
    bool fixed = false;  // exactly max_digits
  };
  ReadFault read_pattern(std::string_view text, ClockTime& out) const;
  Kind kind_ = Kind::iso;
  std::string name_;
  std::vector<Op> ops_;
};

}  // namespace deskhouse::staging
