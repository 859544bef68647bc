#include "staging/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/nearest.h"
#include "base/parse.h"
#include "config/problems.h"
#include "schema/entities.h"

namespace deskhouse::staging {
namespace {

using config::EntityMapping;
using config::FieldMapping;

TimeReader iso_in_utc() {
  return TimeReader::make({}, TimeZone(), false).value();
}

class Builder {
 public:
  Builder(const EntityMapping& mapping, const schema::TableInfo& table)
      : mapping_(mapping), table_(table), problems_("deskhouse.toml") {}

  Result<Plan> build() {
    check_names();
    for (const auto& column : table_.columns) plan_.fields.push_back(field(column));
    if (!problems_.empty()) return std::unexpected(problems_.error());
    return std::move(plan_);
  }

 private:
  void problem(const FieldMapping* field, std::string_view name, std::string_view message) {
    const int line = field != nullptr ? field->line : mapping_.line;
    problems_.add(line,
                  fmt::format("field '{}' of {} of source '{}': {}", name, mapping_.entity, mapping_.source, message));
  }

  void check_names() {
    std::vector<std::string> known, seen;
    for (const auto& column : table_.columns) known.emplace_back(column.name);
    for (const auto& field : mapping_.fields) {
      if (std::find(known.begin(), known.end(), field.field) == known.end())
        problem(&field, field.field, fmt::format("there is no such field{}", did_you_mean(field.field, known)));
      if (std::find(seen.begin(), seen.end(), field.field) != seen.end())
        problem(&field, field.field, "is mapped twice");
      seen.push_back(field.field);
    }
    if (!mapping_.custom_fields.empty() && table_.find("custom_fields") == schema::TableInfo::npos)
      problem(nullptr, "custom_fields", "there is no such field");
  }

  const FieldMapping* find(std::string_view name) const {
    for (const auto& field : mapping_.fields)
      if (field.field == name) return &field;
    return nullptr;
  }

  std::uint32_t raw_column(const std::string& name) {
    auto& columns = plan_.raw_columns;
    const auto index = std::find(columns.begin(), columns.end(), name) - columns.begin();
    if (index == std::ssize(columns)) columns.push_back(name);
    return static_cast<std::uint32_t>(index);
  }

  FieldPlan field(const schema::ColumnInfo& column) {
    FieldPlan plan{.name = std::string(column.name), .type = column.type, .traits = column.traits};
    const auto* mapping = find(column.name);
    const bool event = table_.name == schema::kTicketEvents.name;
    plan.derives_id = event && column.name == "id" && (mapping == nullptr || mapping->optional);
    plan.states_nobody = event && (column.name == "assigned_to" || column.name == "group_id");
    plan.null_is_fault = column.traits.required && column.traits.fallback.empty() && !plan.derives_id;
    plan.discards_values = contract_of(mapping) == config::Contract::discard_value;
    for (const auto& word : mapping_.null_words) plan.null_words.add(word);
    set_times(plan, mapping);
    if (column.type == schema::Type::json && (!mapping_.custom_fields.empty() || mapping_.keeps_unmapped))
      return json_object(plan, mapping);
    if (mapping == nullptr) {
      if (plan.null_is_fault) not_mapped(column);
      return plan;
    }
    set_optional(plan, *mapping);
    set_origin(plan, *mapping);
    set_values(plan, *mapping);
    set_gone(plan, *mapping);
    return plan;
  }

  config::Contract contract_of(const FieldMapping* field) const {
    return field != nullptr ? config::contract_of(mapping_, *field) : mapping_.contract;
  }

  // A column that the source lost is a fault of each record where the field needs one, or the contract says so.
  void set_gone(FieldPlan& plan, const FieldMapping& mapping) const {
    if (!mapping.column || std::ranges::find(mapping_.gone, *mapping.column) == mapping_.gone.end()) return;
    const bool needs_it =
        contract_of(&mapping) == config::Contract::discard_row && (!mapping.optional || mapping.implicit);
    if (!plan.null_is_fault && !needs_it) return;
    plan.null_is_fault = true;
    plan.gone = fmt::format("the source no longer has the column '{}'", *mapping.column);
  }

  void not_mapped(const schema::ColumnInfo& column) {
    std::string ways = "name a column, { constant = \"...\" } or { template = \"...\" }";
    if (column.name == "updated_at")
      ways =
          "name the column that orders the versions of a record, or, where each record comes once, "
          "{ constant = \"1970-01-01T00:00:00Z\" }: then the later position wins";
    else if (column.type == schema::Type::text && column.name != "id")
      ways += ", or { optional = true } where the source has none";
    problem(nullptr, column.name, fmt::format("required, but not mapped; {}", ways));
  }

  void set_times(FieldPlan& plan, const FieldMapping* mapping) {
    const bool own_formats = mapping != nullptr && !mapping->date_formats.empty();
    const bool own_zone = mapping != nullptr && mapping->time_zone.has_value();
    auto times = TimeReader::make(own_formats ? mapping->date_formats : mapping_.date_formats,
                                  own_zone ? *mapping->time_zone : mapping_.time_zone, mapping_.override_zone);
    plan.times = times ? std::move(*times) : iso_in_utc();
    if (times) return;
    if (own_formats)
      problem(mapping, plan.name, times.error());
    else if (!std::exchange(bad_formats_told_, true))
      problems_.add(mapping_.line,
                    fmt::format("{} of source '{}': {}", mapping_.entity, mapping_.source, times.error()));
  }

  FieldPlan json_object(FieldPlan& plan, const FieldMapping* mapping) {
    if (mapping != nullptr) problem(mapping, plan.name, "is listed in custom_fields too; keep one of them");
    plan.origin = FieldPlan::Origin::json_object;
    for (const auto& name : mapping_.custom_fields) plan.parts.push_back({name, raw_column(name)});
    return std::move(plan);
  }

  void set_optional(FieldPlan& plan, const FieldMapping& mapping) {
    if (!mapping.optional || !plan.null_is_fault) return;
    if (plan.type != schema::Type::text || plan.name == "id")
      return problem(&mapping, plan.name, "cannot be optional: every record needs one; use a column or a constant");
    plan.null_is_fault = false;
    plan.null_is_blank = true;
  }

  void set_origin(FieldPlan& plan, const FieldMapping& mapping) {
    for (const auto& word : mapping.null_words) plan.null_words.add(word);
    if (mapping.constant) {
      plan.origin = FieldPlan::Origin::constant;
      plan.constant = canonical(plan, mapping, "constant", std::string(trim(*mapping.constant)));
      plan.times = TimeReader::make({}, TimeZone(), false).value();  // the constant is in canonical form by now
      if (plan.constant.empty()) problem(&mapping, plan.name, "the constant is empty");
    } else if (mapping.template_) {
      plan.origin = FieldPlan::Origin::template_;
      split_template(plan, mapping);
    } else if (mapping.column) {
      plan.origin = FieldPlan::Origin::column;
      plan.column = raw_column(*mapping.column);
    } else if (!mapping.optional) {
      problem(&mapping, plan.name, "needs a column, a constant or a template");
    }
  }

  void split_template(FieldPlan& plan, const FieldMapping& mapping) {
    std::string_view rest = *mapping.template_;
    while (!rest.empty()) {
      const auto open = rest.find('{');
      FieldPlan::Part part{.text = std::string(rest.substr(0, open))};
      rest.remove_prefix(std::min(rest.size(), open));
      if (!rest.empty()) {
        const auto close = rest.find('}');
        if (close == std::string_view::npos || close == 1)
          return problem(&mapping, plan.name, "the template needs the name of a raw column between { and }");
        part.column = raw_column(std::string(rest.substr(1, close - 1)));
        rest.remove_prefix(close + 1);
      }
      plan.parts.push_back(std::move(part));
    }
    if (std::none_of(plan.parts.begin(), plan.parts.end(), [](const auto& p) { return p.column.has_value(); }))
      problem(&mapping, plan.name, "the template names no raw column; for a fixed text use `constant`");
  }

  void set_values(FieldPlan& plan, const FieldMapping& mapping) {
    for (const auto& [raw, value] : mapping.values) {
      const auto text = canonical(plan, mapping, fmt::format("'{}' =", raw), std::string(trim(value)));
      if (text.empty() && plan.null_is_fault)
        problem(&mapping, plan.name, fmt::format("the value of '{}' is empty, but the field is required", raw));
      plan.values.add(std::string(trim(raw)), text);
    }
    if (mapping.otherwise)
      plan.otherwise = canonical(plan, mapping, "otherwise", std::string(trim(*mapping.otherwise)));
  }

  // What deskhouse.toml says in place of data has to be right before any data is read.
  std::string canonical(const FieldPlan& plan, const FieldMapping& mapping, std::string_view what, std::string text) {
    if (text.empty()) return text;
    FieldCounts ignored;
    FieldReader reader({.name = plan.name, .type = plan.type, .traits = plan.traits, .times = plan.times}, ignored);
    std::string result = text;
    bool ok = true;
    const auto convert = [&]<class T>(T value, auto to_text) {
      ok = reader.read(std::string_view(text), value);
      if (ok) result = to_text(value);
    };
    using schema::Type;
    switch (plan.type) {
      case Type::text:
        convert(std::string_view(), [](auto v) { return std::string(v); });
        break;
      case Type::boolean:
        convert(false, [](auto v) { return std::string(v ? "true" : "false"); });
        break;
      case Type::integer:
        convert(std::int64_t{}, [](auto v) { return fmt::to_string(v); });
        break;
      case Type::decimal:
        convert(Decimal{}, [](auto v) { return to_string(v); });
        break;
      case Type::timestamp:
        convert(Timestamp{}, [&](auto) { return text; });
        break;
      case Type::date:
        convert(Date{}, [&](auto) { return text; });
        break;
      case Type::json:
        convert(Json{}, [](auto v) { return std::string(v.text); });
        break;
    }
    if (!ok) problem(&mapping, plan.name, fmt::format("{} '{}': {}", what, text, reader.fault(text)));
    return result;
  }

  const EntityMapping& mapping_;
  const schema::TableInfo& table_;
  config::Problems problems_;
  bool bad_formats_told_ = false;  // of the entity: once, not for each field
  Plan plan_;
};

}  // namespace

Result<Plan> make_plan(const EntityMapping& mapping, const schema::TableInfo& table) {
  return Builder(mapping, table).build();
}

}  // namespace deskhouse::staging
