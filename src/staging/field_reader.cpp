#include "staging/field_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/parse.h"

namespace deskhouse::staging {
namespace {

constexpr std::string_view kBlank{""};

std::string hash_hex(FieldReader::Raw raw) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const auto& field : raw) {
    // NULL is not empty text; the size in front keeps neighbours apart.
    const std::int64_t size = field.data() == nullptr ? -1 : static_cast<std::int64_t>(field.size());
    XXH3_128bits_update(&state, &size, sizeof size);
    if (size > 0) XXH3_128bits_update(&state, field.data(), field.size());
  }
  const auto hash = XXH3_128bits_digest(&state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// Most texts need no trimming; this sees it at a glance.
std::string_view trim_quickly(std::string_view text) {
  if (text.empty() || (!is_outer(text.front()) && !is_outer(text.back()))) return text;
  return trim(text);
}

// Up to 18 digits, and nothing else.
bool read_plain_digits(std::string_view text, std::int64_t& out) {
  constexpr std::size_t kSafeDigits = 18;
  if (text.empty() || text.size() > kSafeDigits) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  out = value;
  return true;
}

std::string number_fault(NumberFault fault, schema::Type type) {
  const bool integer = type == schema::Type::integer;
  switch (fault) {
    case NumberFault::inexact:
      return integer ? "has a fraction, but a whole number is needed" : "not representable with four decimals";
    case NumberFault::out_of_range:
      return integer ? "does not fit in 64 bits" : "more than 14 digits before the decimal point";
    default:
      return integer ? "not a whole number" : "not a number";
  }
}

}  // namespace

std::string_view FieldReader::joined(Raw raw) {
  scratch_.clear();
  bool any = false;
  for (const auto& part : plan_.parts) {
    scratch_ += part.text;
    if (!part.column) continue;
    const auto value = trim_quickly(raw[*part.column]);
    if (value.empty() || plan_.null_words.contains(value)) continue;
    scratch_ += value;
    any = true;
  }
  return any ? trim(scratch_) : std::string_view();
}

std::string_view FieldReader::json_object(Raw raw) {
  scratch_.clear();
  for (const auto& part : plan_.parts) {
    const auto value = trim_quickly(raw[*part.column]);
    if (value.empty() || plan_.null_words.contains(value)) continue;
    scratch_ += scratch_.empty() ? '{' : ',';
    append_json_string(scratch_, part.text);
    scratch_ += ':';
    append_json_string(scratch_, value);
  }
  if (scratch_.empty()) return {};
  scratch_ += '}';
  return scratch_;
}

std::string_view FieldReader::lower(std::string_view text) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::none_of(text.begin(), text.end(), is_upper)) return text;
  if (text.data() != scratch_.data() || text.size() != scratch_.size()) scratch_.assign(text);
  for (char& c : scratch_)
    if (is_upper(c)) c = static_cast<char>(c + 32);
  changed_ = true;
  return scratch_;
}

std::string_view FieldReader::without_default(Raw raw) {
  std::string_view text;
  switch (plan_.origin) {
    case FieldPlan::Origin::none:
      return {};
    case FieldPlan::Origin::constant:
      return plan_.constant;
    case FieldPlan::Origin::json_object:
      return json_object(raw);
    case FieldPlan::Origin::template_:
      text = joined(raw);
      break;
    case FieldPlan::Origin::column:
      text = trim_quickly(raw[plan_.column]);
      changed_ = text.size() != raw[plan_.column].size();
  }
  if (!plan_.values.empty()) {
    if (const auto* canonical = plan_.values.find(text)) {
      changed_ = *canonical != text;
      return canonical->empty() && !plan_.states_nobody ? std::string_view() : *canonical;
    }
  }
  if (text.empty()) return {};
  if (plan_.null_words.contains(text)) {
    ++counts_->nulled;
    return {};
  }
  if (plan_.otherwise) {
    ++counts_->defaulted;
    changed_ = false;
    return plan_.otherwise->empty() ? std::string_view() : *plan_.otherwise;
  }
  return plan_.traits.lower_case ? lower(text) : text;
}

std::string_view FieldReader::standardised(Raw raw) {
  const auto text = without_default(raw);
  return text.data() != nullptr ? text : in_place_of_null(raw);
}

std::string_view FieldReader::in_place_of_null(Raw raw) {
  changed_ = false;
  if (plan_.derives_id) {
    scratch_ = hash_hex(raw);
    return scratch_;
  }
  if (plan_.traits.fallback.empty() && !plan_.null_is_blank) return {};
  ++counts_->defaulted;
  return plan_.null_is_blank ? kBlank : plan_.traits.fallback;
}

std::string_view FieldReader::found(Raw raw) {
  if (plan_.origin == FieldPlan::Origin::column) return raw[plan_.column];
  return plan_.origin == FieldPlan::Origin::template_ ? joined(raw) : std::string_view();
}

bool FieldReader::read(std::string_view text, std::string_view& out) {
  out = text;
  const auto allowed = plan_.traits.allowed;
  if (allowed.empty()) return true;
  for (const auto canonical : allowed)
    if (canonical == text) return true;
  for (const auto canonical : allowed) {
    if (!equals_ignoring_case(canonical, text)) continue;
    out = canonical;
    changed_ = true;
    return true;
  }
  return false;
}

bool FieldReader::read(std::string_view text, bool& out) {
  for (const auto word : {"true", "yes", "t", "y", "1"})
    if (equals_ignoring_case(text, word)) {
      out = true;
      changed_ |= text != "true";
      return true;
    }
  for (const auto word : {"false", "no", "f", "n", "0"})
    if (equals_ignoring_case(text, word)) {
      out = false;
      changed_ |= text != "false";
      return true;
    }
  return false;
}

bool FieldReader::read(std::string_view text, std::int64_t& out) {
  if (read_plain_digits(text, out)) return true;
  const auto number = parse_integer(text);
  out = number.value;
  changed_ |= text.find_first_of(".eE+") != std::string_view::npos;
  return number.ok();
}

bool FieldReader::read(std::string_view text, Decimal& out) {
  const auto number = parse_decimal(text);
  out = number.value;
  changed_ |= text.find_first_of("eE+") != std::string_view::npos;
  return number.ok();
}

void FieldReader::count_time(const TimeReader::Value& value) {
  changed_ |= value.changed;
  if (plan_.origin == FieldPlan::Origin::constant) return;
  if (value.ambiguous) ++counts_->ambiguous_time;
  if (format_counts_.empty()) format_counts_.resize(plan_.times.format_names().size());
  auto*& count = format_counts_[value.format];
  if (count == nullptr) count = &counts_->formats[plan_.times.format_names()[value.format]];
  ++*count;
}

bool FieldReader::read(std::string_view text, Timestamp& out) {
  TimeReader::Value value;
  if (!plan_.times.read(text, value)) return false;
  out = value.at;
  count_time(value);
  return true;
}

bool FieldReader::read(std::string_view text, Date& out) {
  TimeReader::Value value;
  if (!plan_.times.read_day(text, out, value)) return false;
  count_time(value);
  return true;
}

bool FieldReader::read(std::string_view text, Json& out) {
  out = Json{text};
  return plan_.origin == FieldPlan::Origin::json_object || json_.fault(text).empty();
}

std::string FieldReader::fault(std::string_view text) {
  switch (plan_.type) {
    case schema::Type::text:
      return fmt::format("not one of {}", fmt::join(plan_.traits.allowed, ", "));
    case schema::Type::boolean:
      return "not a boolean: true, yes, t, y, 1, false, no, f, n or 0";
    case schema::Type::integer:
      return number_fault(parse_integer(text).fault, plan_.type);
    case schema::Type::decimal:
      return number_fault(parse_decimal(text).fault, plan_.type);
    case schema::Type::timestamp:
    case schema::Type::date:
      return plan_.times.fault(text);
    case schema::Type::json:
      return fmt::format("not valid JSON: {}", json_.fault(text));
  }
  std::unreachable();
}

}  // namespace deskhouse::staging
