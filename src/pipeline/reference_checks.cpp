#include "pipeline/reference_checks.h"

#include <fmt/format.h>

#include "schema/batch.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

using Reference = Check::Reference;

std::vector<Reference> references_of(const schema::TableInfo& entity) {
  std::vector<Reference> references;
  for (const auto& column : entity.columns)
    if (!column.traits.references.empty())
      references.push_back(
          {std::string(column.name), schema::key_column_name(column.name), std::string(column.traits.references)});
  return references;
}

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
      "not null) where key not in (select key from operational.{2})",
      r.field, r.key, r.target);
}

std::string each_record(const Reference& r) {
  return fmt::format(
      "select t.source, t.id, '{0}' as field, t.{0} as value, 'the id of a {3}' as expected, 'There is no {3} ' || "
      "t.{0} as message from {{{{source}}}} t where "
      "t.{1} in (select key from suspects where field = '{0}') and nullif(t.{0}, '') is not null and exists (from "
      "operational.{2})",
      r.field, r.key, r.target, singular(r.target));
}

std::string all_at_once(const Reference& r, std::string_view entity) {
  return fmt::format(
      "select null, null, '{0}', null, 'ids of {2}', 'There are no {2}: ' || count(*) || ' {4} name one. Map {2}, if "
      "the source has them.' "
      "from {{{{source}}}} t where t.{1} in (select key from suspects where field = '{0}') and nullif(t.{0}, '') is "
      "not "
      "null and not exists (from operational.{2}) having count(*) > 0",
      r.field, r.key, r.target, singular(r.target), entity);
}

}  // namespace

std::vector<Check> reference_checks() {
  std::vector<Check> checks;
  for (const auto& entity : schema::entities()) {
    const auto references = references_of(entity);
    if (references.empty()) continue;
    std::string fields, body;
    std::vector<std::string> suspects;
    for (const auto& r : references) {
      fields += fmt::format("{}{}", fields.empty() ? "" : ", ", r.field);
      suspects.push_back(lost_keys(r));
      body += fmt::format("{}{}\nunion all\n{}", body.empty() ? "" : "\nunion all\n", each_record(r),
                          all_at_once(r, entity.name));
    }
    checks.push_back(
        {.name = fmt::format("{}_references", entity.name),
         .path = "src/schema/entities.h",
         .severity = "warn",
         .entity = std::string(entity.name),
         .description = fmt::format("Every {} of {} names a record that exists.", fields, entity.name),
         .what_to_do = "Extract the missing records, or correct the id at the source. Until then reports show the id "
                       "alone, or Unknown.",
         .body = body,
         .suspects = suspects,
         .references = references});
  }
  return checks;
}

}  // namespace deskhouse::pipeline
