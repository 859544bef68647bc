// The small files of a demo folder: groups, departments, agents, requesters, assets, problems, changes.
// Canonical column names; agents and requesters may have two versions of a row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "demo/csv.h"
#include "demo/world.h"

namespace deskhouse::demo {

struct SimpleEntity {
  std::string_view name, header;
  // Appends the versions of one record; returns how many rows those are.
  int (*write)(const World& world, std::int64_t index, Csv& csv);
  std::int64_t (*count)(const World& world);  // of records
};

// In the order in which the files are written.
std::span<const SimpleEntity> simple_entities();

}  // namespace deskhouse::demo
