#include "demo/csv.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace deskhouse::demo {
namespace {

constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[i * 2] = static_cast<char>('0' + i / 10);
    pairs[i * 2 + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void put_pair(char* at, std::int64_t value) {
  std::memcpy(at, &kPairs[static_cast<std::size_t>(value) * 2], 2);
}

void put_year(char* at, int year) {
  put_pair(at, year / 100);
  put_pair(at + 2, year % 100);
}

void put_clock(char* at, std::int64_t second_of_day) {
  put_pair(at, second_of_day / 3600);
  at[2] = ':';
  put_pair(at + 3, second_of_day / 60 % 60);
  at[5] = ':';
  put_pair(at + 6, second_of_day % 60);
}

// Digits of a number, right-aligned in a buffer of 20; returns how many.
std::size_t digits_of(std::int64_t value, std::array<char, 20>& out) {
  std::size_t at = out.size();
  do {
    out[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return out.size() - at;
}

}  // namespace

char* Csv::grab(std::size_t bytes) {
  if (size_ + bytes > data_.size()) data_.resize(std::max(data_.size() * 2, size_ + bytes + 4096));
  return data_.data() + size_;
}

void Csv::text(std::string_view bytes) {
  if (bytes.empty()) return;  // data() may be null, which memcpy does not take
  std::memcpy(grab(bytes.size()), bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Csv::quoted(std::string_view bytes) {
  for (std::size_t at = 0;;) {
    const std::size_t quote = bytes.find('"', at);
    if (quote == std::string_view::npos) return text(bytes.substr(at));
    text(bytes.substr(at, quote + 1 - at));
    byte('"');
    at = quote + 1;
  }
}

void Csv::number(std::int64_t value) {
  std::array<char, 20> digits;
  const std::size_t count = digits_of(value, digits);
  text({digits.data() + digits.size() - count, count});
}

void Csv::id(std::string_view prefix, std::int64_t number, int width) {
  text(prefix);
  std::array<char, 20> digits;
  const std::size_t count = digits_of(number, digits);
  for (std::size_t i = count; i < static_cast<std::size_t>(width); ++i) byte('0');
  text({digits.data() + digits.size() - count, count});
}

void Csv::cents(std::int64_t value) {
  number(value / 100);
  char* at = grab(3);
  at[0] = '.';
  put_pair(at + 1, value % 100);
  size_ += 3;
}

void Csv::date(std::int32_t days) {
  const CivilDate civil = to_civil(Date{days});
  char* at = grab(10);
  put_year(at, civil.year);
  at[4] = at[7] = '-';
  put_pair(at + 5, civil.month);
  put_pair(at + 8, civil.day);
  size_ += 10;
}

void Csv::time(std::int64_t at_s, TimeStyle style) {
  if (at_s < 0) return;
  if (style == TimeStyle::epoch_ms) return number(at_s * 1000);
  const auto days = static_cast<std::int32_t>(at_s / 86'400);
  if (style == TimeStyle::iso) {
    date(days);
    char* at = grab(10);
    at[0] = 'T';
    put_clock(at + 1, at_s % 86'400);
    at[9] = 'Z';
    size_ += 10;
    return;
  }
  const CivilDate civil = to_civil(Date{days});
  char* at = grab(19);
  put_pair(at, civil.day);
  at[2] = at[5] = '/';
  put_pair(at + 3, civil.month);
  put_year(at + 6, civil.year);
  at[10] = ' ';
  put_clock(at + 11, at_s % 86'400);
  size_ += 19;
}

}  // namespace deskhouse::demo
