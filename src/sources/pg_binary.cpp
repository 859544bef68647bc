#include "sources/pg_binary.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>
#include <limits>

#include "base/values.h"

namespace deskhouse::sources {
namespace {

// Object ids of built-in types are fixed for ever (pg_type.dat).
constexpr struct {
  std::uint32_t type;
  PgForm form;
} kForms[] = {{25, PgForm::text},    {1043, PgForm::text},    {1042, PgForm::text},      {19, PgForm::text},
              {114, PgForm::text},   {21, PgForm::int2},      {23, PgForm::int4},        {20, PgForm::int8},
              {16, PgForm::boolean}, {1700, PgForm::numeric}, {1114, PgForm::timestamp}, {1184, PgForm::timestamptz},
              {1082, PgForm::date},  {2950, PgForm::uuid},    {3802, PgForm::jsonb}};

constexpr std::int64_t kEpochDays = 10'957;  // from 1970-01-01 to 2000-01-01, PostgreSQL's epoch

template <class Int>
Int big_endian(const char* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (sizeof value == 2) return __builtin_bswap16(value);
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
  if constexpr (sizeof value == 8) return __builtin_bswap64(value);
}

void append_two(std::int64_t number, std::string& out) {
  out += static_cast<char>('0' + number / 10);
  out += static_cast<char>('0' + number % 10);
}

void append_day(std::int64_t days, std::string& out) {
  // The server goes to the year 294276: more days than Date's civil arithmetic was made for, by far not more than
  // int32.
  const auto civil = to_civil(Date{static_cast<std::int32_t>(days)});
  const int year = civil.year > 0 ? civil.year : 1 - civil.year;
  constexpr int kFiveDigits = 10'000;
  if (year < kFiveDigits) {
    append_two(year / 100, out);
    append_two(year % 100, out);
  } else {
    out += fmt::format_int(year).str();
  }
  out += '-';
  append_two(civil.month, out);
  out += '-';
  append_two(civil.day, out);
}

bool is_before_christ(std::int64_t days) {
  return to_civil(Date{static_cast<std::int32_t>(days)}).year <= 0;
}

bool append_date(std::string_view bytes, std::string& out) {
  if (bytes.size() != 4) return false;
  const auto days = static_cast<std::int32_t>(read_u32(bytes.data()));
  if (days == std::numeric_limits<std::int32_t>::max()) {
    out += "infinity";
  } else if (days == std::numeric_limits<std::int32_t>::min()) {
    out += "-infinity";
  } else {
    append_day(days + kEpochDays, out);
    if (is_before_christ(days + kEpochDays)) out += " BC";
  }
  return true;
}

bool append_timestamp(std::string_view bytes, bool with_zone, std::string& out) {
  if (bytes.size() != 8) return false;
  const auto us = static_cast<std::int64_t>(read_u64(bytes.data()));
  if (us == std::numeric_limits<std::int64_t>::max()) {
    out += "infinity";
    return true;
  }
  if (us == std::numeric_limits<std::int64_t>::min()) {
    out += "-infinity";
    return true;
  }
  const auto days = floor_div(us, kMicrosPerDay);
  auto rest = us - days * kMicrosPerDay;
  append_day(days + kEpochDays, out);
  out += 'T';
  append_two(rest / kMicrosPerHour, out);
  out += ':';
  append_two(rest / kMicrosPerMinute % 60, out);
  out += ':';
  append_two(rest / kMicrosPerSecond % 60, out);
  if (rest %= kMicrosPerSecond; rest != 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}", rest);
    while (out.back() == '0') out.pop_back();
  }
  if (with_zone) out += 'Z';
  if (is_before_christ(days + kEpochDays)) out += " BC";
  return true;
}

// int16 digits, int16 weight of the first (base 10,000), uint16 sign, uint16 decimals shown, then the digits.
bool append_numeric(std::string_view bytes, std::string& out) {
  constexpr std::uint16_t kNegative = 0x4000, kNan = 0xC000, kInfinity = 0xD000, kMinusInfinity = 0xF000;
  constexpr std::size_t kHeader = 8;
  if (bytes.size() < kHeader) return false;
  const int digits = read_u16(bytes.data());
  const int weight = static_cast<std::int16_t>(read_u16(bytes.data() + 2));
  const auto sign = read_u16(bytes.data() + 4);
  const int decimals = read_u16(bytes.data() + 6);
  if (bytes.size() != kHeader + 2 * static_cast<std::size_t>(digits)) return false;
  if (sign == kNan || sign == kInfinity || sign == kMinusInfinity) {
    out += sign == kNan ? "NaN" : sign == kInfinity ? "Infinity" : "-Infinity";
    return true;
  }
  if (sign != 0 && sign != kNegative) return false;
  const auto digit = [&](int place) {  // of 10,000 ** (weight - place)
    return place < 0 || place >= digits ? 0U : read_u16(bytes.data() + kHeader + 2 * place);
  };
  if (sign == kNegative) out += '-';
  if (weight < 0) out += '0';
  for (int place = 0; place <= weight; ++place)
    fmt::format_to(std::back_inserter(out), fmt::runtime(place == 0 ? "{}" : "{:04}"), digit(place));
  if (decimals == 0) return true;
  out += '.';
  const auto end = out.size() + static_cast<std::size_t>(decimals);
  for (int place = weight + 1; out.size() < end; ++place)
    fmt::format_to(std::back_inserter(out), "{:04}", digit(place));
  out.resize(end);
  return true;
}

bool append_uuid(std::string_view bytes, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  if (bytes.size() != 16) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return true;
}

template <class Unsigned, class Signed>
bool append_integer(std::string_view bytes, std::string& out) {
  if (bytes.size() != sizeof(Unsigned)) return false;
  const fmt::format_int text(static_cast<Signed>(big_endian<Unsigned>(bytes.data())));
  out.append(text.data(), text.size());
  return true;
}

}  // namespace

std::uint16_t read_u16(const char* at) {
  return big_endian<std::uint16_t>(at);
}
std::uint32_t read_u32(const char* at) {
  return big_endian<std::uint32_t>(at);
}
std::uint64_t read_u64(const char* at) {
  return big_endian<std::uint64_t>(at);
}

PgForm form_of(std::uint32_t type) {
  for (const auto& known : kForms)
    if (known.type == type) return known.form;
  return PgForm::cast;
}

bool append_pg_text(PgForm form, std::string_view bytes, std::string& out) {
  switch (form) {
    case PgForm::text:
    case PgForm::cast:
      out += bytes;
      return true;
    case PgForm::int2:
      return append_integer<std::uint16_t, std::int16_t>(bytes, out);
    case PgForm::int4:
      return append_integer<std::uint32_t, std::int32_t>(bytes, out);
    case PgForm::int8:
      return append_integer<std::uint64_t, std::int64_t>(bytes, out);
    case PgForm::boolean:
      if (bytes.size() != 1) return false;
      out += bytes[0] != 0 ? "true" : "false";
      return true;
    case PgForm::numeric:
      return append_numeric(bytes, out);
    case PgForm::timestamp:
      return append_timestamp(bytes, false, out);
    case PgForm::timestamptz:
      return append_timestamp(bytes, true, out);
    case PgForm::date:
      return append_date(bytes, out);
    case PgForm::uuid:
      return append_uuid(bytes, out);
    case PgForm::jsonb:
      if (bytes.empty() || bytes[0] != 1) return false;
      out += bytes.substr(1);
      return true;
  }
  return false;
}

}  // namespace deskhouse::sources
