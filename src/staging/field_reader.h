// One canonical field: from the raw fields of a record to a typed value (spec 3, steps 1-3).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/values.h"
#include "schema/table.h"
#include "sources/source.h"
#include "staging/json.h"
#include "staging/stager.h"
#include "staging/text.h"
#include "staging/time_reader.h"

namespace deskhouse::staging {

// Where the text of a field comes from and what becomes of it. Made and checked by plan.cpp.
struct FieldPlan {
  enum class Origin { none, column, constant, template_, json_object };
  // A part of a template: `text` and then the column. Of a JSON object: the key `text` and its column.
  struct Part {
    std::string text;
    std::optional<std::uint32_t> column;
  };

  std::string name;
  schema::Type type = schema::Type::text;
  schema::Traits traits;
  Origin origin = Origin::none;
  std::uint32_t column = 0;  // index into the raw fields
  std::string constant;      // in canonical form
  std::vector<Part> parts;
  ValueMap values;  // to canonical form
  std::optional<std::string> otherwise;
  WordSet null_words;
  TimeReader times;
  bool null_is_fault = false;    // required, and nothing stands in for it
  bool null_is_blank = false;    // required text of a source that has none: empty text
  bool states_nobody = false;    // "" in `values` is a stated nobody, not NULL
  bool discards_values = false;  // a value that does not read becomes NULL where it may (config::Contract)
  bool derives_id = false;       // NULL becomes a hash of the raw fields
  std::string gone;              // why a NULL is a fault where the source lost the column; empty: it did not
};

// Not thread-safe. Views that it returns last until the next record: they point into the record, the plan or
// scratch memory of the field.
class FieldReader {
 public:
  using Raw = std::span<const sources::RawField>;
  // `counts` must outlive the reader.
  FieldReader(FieldPlan plan, FieldCounts& counts)
      : plan_(std::move(plan)),
        counts_(&counts),
        plain_(plan_.origin == FieldPlan::Origin::column && plan_.values.empty() && !plan_.otherwise &&
               !plan_.traits.lower_case) {}
  const FieldPlan& plan() const { return plan_; }

  // The standardised text; NULL (no data) as in RawField. Defaults are in it.
  std::string_view text(Raw raw) {
    changed_ = false;
    if (plain_) {
      const auto text = raw[plan_.column];
      if (!text.empty() && !is_outer(text.front()) && !is_outer(text.back()) && !plan_.null_words.contains(text))
        return text;
    }
    return standardised(raw);
  }

  // The standardised text as the field's type. False: it is not; fault() says why.
  bool read(std::string_view text, std::string_view& out);
  bool read(std::string_view text, bool& out);
  bool read(std::string_view text, std::int64_t& out);
  bool read(std::string_view text, Decimal& out);
  bool read(std::string_view text, Timestamp& out);
  bool read(std::string_view text, Date& out);
  bool read(std::string_view text, Json& out);
  std::string fault(std::string_view text);

  // Call after each value that was read: a value counts as converted once, however often it was changed.
  void settle() {
    if (changed_) ++counts_->converted;
  }
  // As it stands in the record, for messages; the standardised text where no single column is behind it.
  std::string_view found(Raw raw);

 private:
  std::string_view standardised(Raw raw);
  std::string_view without_default(Raw raw);
  std::string_view joined(Raw raw);
  std::string_view json_object(Raw raw);
  std::string_view lower(std::string_view text);
  std::string_view in_place_of_null(Raw raw);
  void count_time(const TimeReader::Value& value);

  FieldPlan plan_;
  FieldCounts* counts_;
  bool plain_;  // most fields: a column as it is, unless it is blank at an end or a null word
  std::vector<std::int64_t*> format_counts_;  // into counts_->formats, by format; null until first used
  std::string scratch_;
  JsonChecker json_;
  bool changed_ = false;
};

}  // namespace deskhouse::staging
