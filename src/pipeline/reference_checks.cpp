#include "pipeline/reference_checks.h"

#include <fmt/format.h>

#include "schema/batch.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

using Reference = Check::Reference;

// Names of entities are plurals in s.
std::string singular(std::string_view entity) {
  return std::string(entity.substr(0, entity.size() - 1));
}

// Keys that lead nowhere. Most fields have few distinct values, which are found first; of tickets there are many.
std::string lost_keys(const Reference& r) {
  if (r.target == "tickets")
    return fmt::format(
        "select '{0}' as field, t.{1} as key from {{{{source}}}} t where t.{1} is not null and {{{{changed(t.{1})}}}} "
        "and "
        "not exists "
        "(select 1 from {{{{rows operational.{2}.key of {1}}}}} r where r.key = t.{1})",
        r.field, r.key, r.target);
  return fmt::format(
      "select '{0}' as field, key from (select distinct t.{1} as key from {{{{source}}}} t where nullif(t.{0}, '') is "
      "not null) t where not exists (select 1 from operational.{2} r where r.key = t.key)",
      r.field, r.key, r.target);
}

std::string each_record(const Reference& r) {
  return fmt::format(
      "select t.source, t.id, '{0}' as field, t.{0} as value, 'the id of a {2}' as expected, 'There is no {2} ' || "
      "t.{0} as message from {{{{source}}}} t where "
      "t.{1} in (select key from suspects where field = '{0}') and nullif(t.{0}, '') is not null",
      r.field, r.key, singular(r.target));
}

std::string all_at_once(const Reference& r, std::string_view entity) {
  return fmt::format(
      "select null as source, null as id, '{0}' as field, null as value, 'ids of {2}' as expected, 'There are no {2}: "
      "' "
      "|| count(*) || ' {3} name one. Map {2}, if the source has them.' as message from {{{{source}}}} t where t.{1} "
      "in "
      "(select key from suspects where field = '{0}') and nullif(t.{0}, '') is not null having count(*) > 0",
      r.field, r.key, r.target, entity);
}

std::vector<Reference> references_of(const schema::TableInfo& entity) {
  std::vector<Reference> references;
  for (const auto& column : entity.columns) {
    if (column.traits.references.empty()) continue;
    Reference r{.field = std::string(column.name),
                .key = schema::key_column_name(column.name),
                .target = std::string(column.traits.references)};
    r.suspects = lost_keys(r);
    r.each_record = each_record(r);
    r.all_at_once = all_at_once(r, entity.name);
    references.push_back(std::move(r));
  }
  return references;
}

}  // namespace

std::vector<Check> reference_checks() {
  std::vector<Check> checks;
  for (const auto& entity : schema::entities()) {
    auto references = references_of(entity);
    if (references.empty()) continue;
    std::string fields;
    for (const auto& r : references) fields += fmt::format("{}{}", fields.empty() ? "" : ", ", r.field);
    checks.push_back(
        {.name = fmt::format("{}_references", entity.name),
         .path = "src/schema/entities.h",
         .severity = "warn",
         .entity = std::string(entity.name),
         .description = fmt::format("Every {} of {} names a record that exists.", fields, entity.name),
         .what_to_do = "Extract the missing records, or correct the id at the source. Until then reports show the id "
                       "alone, or Unknown.",
         .body = {},
         .references = std::move(references)});
  }
  return checks;
}

}  // namespace deskhouse::pipeline
