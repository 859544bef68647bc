#include "staging/id_reader.h"

#include <algorithm>
#include <utility>

#include "base/keys.h"
#include "schema/catalog.h"
#include "staging/plan.h"

namespace deskhouse::staging {

IdReader::IdReader(std::string source, std::vector<std::string> columns, FieldPlan plan)
    : source_(std::move(source)),
      columns_(std::move(columns)),
      counts_(std::make_unique<FieldCounts>()),
      reader_(std::move(plan), *counts_) {}

Result<IdReader> IdReader::make(const config::EntityMapping& mapping) {
  const auto* table = schema::find_entity(mapping.entity);
  DH_ASSERT(table != nullptr && table->columns.front().name == "id", "an entity's first column is its id");
  DH_ASSIGN(auto plan, make_plan(mapping, *table));
  auto& id = plan.fields.front();
  DH_ASSERT(!id.derives_id, "a derived id depends on the whole record");
  std::vector<std::string> columns;
  const auto place_of = [&](std::uint32_t column) {
    const auto& name = plan.raw_columns[column];
    const auto at = std::ranges::find(columns, name) - columns.begin();
    if (at == std::ssize(columns)) columns.push_back(name);
    return static_cast<std::uint32_t>(at);
  };
  if (id.origin == FieldPlan::Origin::column) id.column = place_of(id.column);
  for (auto& part : id.parts)
    if (part.column) part.column = place_of(*part.column);
  return IdReader(mapping.source, std::move(columns), std::move(id));
}

std::optional<std::int64_t> IdReader::key(FieldReader::Raw raw) {
  const auto id = reader_.text(raw);
  if (id.data() == nullptr) return std::nullopt;
  return natural_key(source_, id);
}

}  // namespace deskhouse::staging
