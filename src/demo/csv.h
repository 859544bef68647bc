// Writes CSV text into memory by hand: no stream, no format string, no allocation once the buffer is warm.
// One thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/values.h"

namespace deskhouse::demo {

// How a row writes its times; the last two are flaws.
enum class TimeStyle { iso, dmy, epoch_ms };

class Csv {
 public:
  std::string_view view() const { return {data_.data(), size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  // Takes back everything after `size`.
  void truncate(std::size_t size) { size_ = size; }

  void text(std::string_view bytes);    // as it is
  void quoted(std::string_view bytes);  // within a quoted field: quotes are doubled
  void byte(char c) {
    *grab(1) = c;
    ++size_;
  }
  void comma() { byte(','); }
  void newline() { byte('\n'); }
  void number(std::int64_t value);                                   // not negative
  void id(std::string_view prefix, std::int64_t number, int width);  // INC0000045; wider where it must be
  void cents(std::int64_t value);                                    // 12.50
  void date(std::int32_t days);
  // Seconds since 1970; nothing for -1.
  void time(std::int64_t at_s, TimeStyle style = TimeStyle::iso);

 private:
  char* grab(std::size_t bytes);
  std::vector<char> data_;
  std::size_t size_ = 0;
};

}  // namespace deskhouse::demo
