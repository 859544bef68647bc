#include "pipeline/work.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "pipeline/records.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

// Names that the user gave and that deskhouse.toml does not know.
Status check_names(const config::Config& config, const RunOptions& options) {
  std::vector<std::string> sources, entities;
  for (const auto& source : config.sources) sources.push_back(source.name);
  for (const auto& entity : schema::entities()) entities.emplace_back(entity.name);
  const auto check = [](const auto& given, const auto& known, std::string_view what) -> Status {
    for (const auto& name : given)
      if (std::ranges::find(known, name) == known.end())
        return fail(Error::Kind::usage, fmt::format("there is no {} '{}'{}", what, name, did_you_mean(name, known)));
    return {};
  };
  DH_TRY(check(options.sources, sources, "source"));
  return check(options.only, entities, "entity");
}

}  // namespace

Result<Work> work_of(warehouse::Connection& connection, const config::Config& config, const RunOptions& options) {
  DH_TRY(check_names(config, options));
  Work work;
  for (const auto& entity : schema::entities())
    for (const auto& source : config.sources)
      for (const auto& mapping : source.entities) {
        if (mapping.entity != entity.name || !wanted(options.sources, source.name) ||
            !wanted(options.only, entity.name))
          continue;
        if (options.goes_on && options.period) {
          DH_ASSIGN(const auto since, read_since_of(connection, mapping, *options.period));
          if (since.state.empty()) continue;
        }
        work.emplace_back(&source, &mapping);
      }
  return work;
}

}  // namespace deskhouse::pipeline
