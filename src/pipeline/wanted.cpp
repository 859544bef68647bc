#include "pipeline/wanted.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

bool is_wanted(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

Status check_wanted(const config::Config& config, const std::vector<std::string>& sources,
                    const std::vector<std::string>& entities) {
  std::vector<std::string> known_sources, known_entities;
  for (const auto& source : config.sources) known_sources.push_back(source.name);
  for (const auto& entity : schema::entities()) known_entities.emplace_back(entity.name);
  const auto check = [](const auto& given, const auto& known, std::string_view what) -> Status {
    for (const auto& name : given)
      if (std::ranges::find(known, name) == known.end())
        return fail(Error::Kind::usage, fmt::format("there is no {} '{}'{}", what, name, did_you_mean(name, known)));
    return {};
  };
  DH_TRY(check(sources, known_sources, "source"));
  return check(entities, known_entities, "entity");
}

}  // namespace deskhouse::pipeline
