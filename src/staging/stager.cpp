#include "staging/stager.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/keys.h"
#include "base/nearest.h"
#include "schema/catalog.h"
#include "staging/field_reader.h"
#include "staging/plan.h"
#include "staging/row_hash.h"

namespace deskhouse::staging {
namespace {

constexpr std::size_t kShownBytesMax = 200;
constexpr std::string_view kNeedsValue = "required, but empty";

// For a column of the warehouse: not too long, and valid UTF-8 even where the record is not.
std::string shown(std::string_view text) {
  return lossy_utf8(cut(text, kShownBytesMax));
}

template <class T>
struct value_of {
  using type = T;
};
template <class T>
struct value_of<std::optional<T>> {
  using type = T;
};

template <class Row>
Timestamp updated_at(const Row& row) {
  if constexpr (requires { row.event_at; })
    return row.event_at;
  else if constexpr (schema::is_optional<decltype(row.updated_at)>)
    return row.updated_at.value_or(Timestamp{});
  else
    return row.updated_at;
}

template <class Row>
std::int64_t version_of(const Row& row) {
  if constexpr (requires { row.version; })
    return row.version.value_or(0);
  else
    return 0;
}

template <class Row, class... Values>
class EntityStager final : public Stager {
 public:
  EntityStager(const schema::Table<Row, Values...>& table, std::string source, Plan plan, Repeats repeats)
      : table_(table), source_(std::move(source)), repeats_(repeats), raw_columns_(std::move(plan.raw_columns)) {
    for (auto& field : plan.fields) {
      // A constant is not a change of what the source said.
      auto& counts = field.origin == FieldPlan::Origin::constant ? uncounted_ : counts_[field.name];
      fields_.emplace_back(std::move(field), counts);
    }
  }

  const std::vector<std::string>& raw_columns() const override { return raw_columns_; }
  const std::map<std::string, FieldCounts>& field_counts() const override { return counts_; }

  void refuse_updates_after(Timestamp latest) override { latest_update_ = latest; }

  void stage(const sources::RawBatch& raw, StagedBatch& out) override {
    for (const auto& record : raw.records) {
      ++out.extracted;
      const FieldReader::Raw fields(raw.fields.data() + record.first_field, raw_columns_.size());
      const auto position = (std::int64_t{raw.file_index} << kPositionFileShift) | record.position;
      const auto* defect = record.defect >= 0 ? &raw.defects[static_cast<std::size_t>(record.defect)] : nullptr;
      reasons_.clear();
      discards_.clear();
      if (defect != nullptr) note(*defect);
      // A defect of the whole record means that its fields are not where they should be.
      knows_id_ = defect == nullptr || (!defect->field.empty() && !is_of_id(defect->field));
      if (defect != nullptr && (defect->field.empty() || defect->torn))
        read_id(fields);
      else
        read_row(fields);
      if (!reasons_.empty()) {
        reject(raw, record, position, out);
        continue;
      }
      append(position, out);
      if (!discards_.empty()) keep_discards(raw, record, position, out);
    }
  }

 private:
  void note(const sources::Defect& defect) {
    // The source knows raw columns; the user of the quarantine knows canonical fields.
    std::string name = defect.field;
    for (const auto& field : fields_)
      if (field.plan().origin == FieldPlan::Origin::column && raw_columns_[field.plan().column] == defect.field)
        name = field.plan().name;
    reasons_.push_back({name, defect.reason, ""});
  }

  void read_row(FieldReader::Raw raw) {
    hash_.start();
    schema::for_each_column(
        table_, [&](const auto& column, std::size_t index) { read_field(fields_[index], raw, row_.*column.member); });
    if (updated_at(row_) > latest_update_) [[unlikely]]
      refuse_update(raw);
  }

  // A field that could not be read still has the value of the record before, and its own reason.
  void refuse_update(FieldReader::Raw raw) {
    constexpr std::string_view kName = table_has_event_at ? "event_at" : "updated_at";
    if (std::ranges::find(reasons_, kName, &Reason::field) != reasons_.end()) return;
    const auto field = std::ranges::find(fields_, kName, [](const FieldReader& f) { return f.plan().name; });
    add_reason(*field, raw, fmt::format("is in the future: later than {}", to_string(latest_update_)));
  }

  template <class Value>
  void read_field(FieldReader& field, FieldReader::Raw raw, Value& value) {
    const auto text = field.text(raw);
    typename value_of<Value>::type typed{};
    if (text.data() == nullptr) {
      value = Value{};
      const auto& plan = field.plan();
      if (plan.null_is_fault) add_reason(field, raw, plan.gone.empty() ? kNeedsValue : std::string_view(plan.gone));
    } else if (field.read(text, typed)) {
      value = typed;
      field.settle();
    } else if (schema::is_optional<Value> && field.plan().discards_values) {
      value = Value{};
      discards_.push_back({field.plan().name, field.fault(text), std::string(field.found(raw))});
    } else {
      add_reason(field, raw, field.fault(text));
    }
    hash_.add(value);
  }

  // Of a record that is taken; one that is rejected has its values in its raw bytes.
  void keep_discards(const sources::RawBatch& raw, const sources::RawRecord& record, std::int64_t position,
                     StagedBatch& out) {
    for (auto& d : discards_) {
      ++counts_[d.field].discarded;
      out.discards.push_back({.file = raw.file,
                              .position = position,
                              .id = shown(row_.id),
                              .field = std::move(d.field),
                              .value = lossy_utf8(d.value),
                              .reason = std::move(d.reason),
                              .raw = std::string(record.raw)});
    }
  }

  void add_reason(FieldReader& field, FieldReader::Raw raw, std::string_view reason) {
    reasons_.push_back({field.plan().name, std::string(reason), shown(field.found(raw))});
  }

  // Of a record that is not read: its id helps to find it.
  void read_id(FieldReader::Raw raw) {
    auto& field = fields_.front();
    row_.id = {};
    if (!field.plan().derives_id) row_.id = field.text(raw);
  }

  bool is_of_id(std::string_view raw_column) const {
    const auto& plan = fields_.front().plan();
    if (plan.origin == FieldPlan::Origin::column) return raw_columns_[plan.column] == raw_column;
    return std::ranges::any_of(
        plan.parts, [&](const auto& part) { return part.column && raw_columns_[*part.column] == raw_column; });
  }

  std::optional<std::int64_t> key() const {
    if (!knows_id_ || row_.id.data() == nullptr) return std::nullopt;
    return natural_key(source_, row_.id);
  }

  void append(std::int64_t position, StagedBatch& out) {
    const auto key = natural_key(source_, row_.id);
    const auto row_hash = hash_.finish();
    if (repeats_ == Repeats::merge && !out.key.empty() && out.key.back() == key && out.row_hash.back() == row_hash) {
      out.position.back() = position;
      ++out.repeats;
      return;
    }
    schema::append_row(out.rows, table_, row_, source_);
    out.key.push_back(key);
    out.updated_us.push_back(updated_at(row_).us);
    out.version.push_back(version_of(row_));
    out.position.push_back(position);
    out.row_hash.push_back(row_hash);
  }

  void reject(const sources::RawBatch& raw, const sources::RawRecord& record, std::int64_t position, StagedBatch& out) {
    out.rejects.push_back({.file = raw.file,
                           .position = position,
                           .record = record.position,
                           .line = record.line,
                           .id = shown(row_.id),
                           .raw = std::string(record.raw),
                           .reasons = reasons_,
                           .key = key()});
  }

  static constexpr bool table_has_event_at = requires(const Row& row) { row.event_at; };
  const schema::Table<Row, Values...>& table_;
  const std::string source_;
  const Repeats repeats_;
  Timestamp latest_update_ = kEndTimestamp;
  const std::vector<std::string> raw_columns_;
  std::map<std::string, FieldCounts> counts_;  // readers point into it: nodes stay where they are
  FieldCounts uncounted_;
  std::vector<FieldReader> fields_;
  Row row_{};
  RowHash hash_;
  bool knows_id_ = true;  // the record's fields are where they should be, those before a tear at least
  std::vector<Reason> reasons_;
  std::vector<Reason> discards_;  // their values whole
};

template <class Row, class... Values>
std::unique_ptr<Stager> make_entity_stager(const schema::Table<Row, Values...>& table, std::string source, Plan plan,
                                           Repeats repeats) {
  return std::make_unique<EntityStager<Row, Values...>>(table, std::move(source), std::move(plan), repeats);
}

}  // namespace

std::string reasons_json(const std::vector<Reason>& reasons) {
  std::string out = "[";
  for (const auto& r : reasons)
    out += fmt::format("{}{{\"field\":{},\"reason\":{},\"value\":{}}}", out.size() > 1 ? "," : "", json_text(r.field),
                       json_text(r.reason), json_text(r.value));
  return out + "]";
}

void StagedBatch::clear() {
  rows.clear();
  key.clear();
  updated_us.clear();
  version.clear();
  position.clear();
  row_hash.clear();
  rejects.clear();
  discards.clear();
  extracted = 0;
  repeats = 0;
}

Result<std::unique_ptr<Stager>> make_stager(const config::EntityMapping& mapping, Repeats repeats) {
  const auto* table = schema::find_entity(mapping.entity);
  if (table == nullptr) {
    std::vector<std::string> known;
    for (const auto& entity : schema::entities()) known.emplace_back(entity.name);
    return fail(Error::Kind::config, fmt::format("deskhouse.toml:{}: there is no entity '{}'{}", mapping.line,
                                                 mapping.entity, did_you_mean(mapping.entity, known)));
  }
  DH_ASSIGN(auto plan, make_plan(mapping, *table));
  return schema::with_entity(mapping.entity, [&](const auto& typed) {
    return make_entity_stager(typed, mapping.source, std::move(plan), repeats);
  });
}

}  // namespace deskhouse::staging
