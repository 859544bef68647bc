#include "config/read_fields.h"

#include <utility>

#include "config/read_word.h"

namespace deskhouse::config {
namespace {

FieldMapping read_field_table(const Section& section, const std::string& field) {
  FieldMapping mapping{.field = field,
                       .column = section.scalar("column"),
                       .constant = section.scalar("constant"),
                       .template_ = section.scalar("template"),
                       .otherwise = section.scalar("otherwise"),
                       .null_words = section.texts("null_words"),
                       .date_formats = section.texts("date_formats"),
                       .time_zone = section.zone("time_zone"),
                       .contract = read_contract_word(section),
                       .optional = section.boolean("optional", false),
                       .line = section.line()};
  if (const auto* values = section.find("values"))
    for (const auto& [raw, canonical] : values->members) mapping.values.emplace_back(raw, canonical.text);
  const int origins = mapping.column.has_value() + mapping.constant.has_value() + mapping.template_.has_value();
  if (origins > 1) section.problem("column", "only one of column, constant and template can fill a field");
  if (origins == 0 && !mapping.optional)
    section.problem("column", "name a column, a constant or a template, or say optional = true");
  if (mapping.contract && !mapping.column && !mapping.template_)
    section.problem("contract", "is about the columns of the source, and this field reads none");
  if (mapping.otherwise && mapping.values.empty()) section.problem("otherwise", "means nothing without `values`");
  return mapping;
}

}  // namespace

std::optional<Contract> read_contract_word(const Section& section) {
  if (!section.has("contract")) return std::nullopt;
  return read_word<Contract>(section, "contract",
                             {{"evolve", Contract::evolve},
                              {"freeze", Contract::freeze},
                              {"discard_row", Contract::discard_row},
                              {"discard_value", Contract::discard_value}});
}

std::vector<FieldMapping> read_fields(const Section& section, const Section& entity) {
  std::vector<FieldMapping> fields;
  for (const auto& name : section.names()) {
    const auto* value = section.find(name);
    if (value->kind == Kind::text)
      fields.push_back({.field = name, .column = value->text, .line = value->line});
    else
      fields.push_back(read_field_table(section.table(name), name));
  }
  if (!entity.has("version")) return fields;
  if (section.has("version")) entity.problem("version", "is also in `fields`; keep one of them");
  fields.push_back({.field = "version", .column = entity.text("version", ""), .line = entity.line_of("version")});
  return fields;
}

}  // namespace deskhouse::config
