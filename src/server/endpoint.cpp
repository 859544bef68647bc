#include "server/endpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "base/parse.h"
#include "base/values.h"
#include "server/listing.h"

namespace deskhouse::server {
namespace {

Status check(const ParameterSpec& spec, const std::string& value) {
  const auto wrong = [&](std::string_view what) {
    return fail(Error::Kind::usage, fmt::format("{}: '{}' is {}", spec.name, value, what));
  };
  switch (spec.kind) {
    case ParameterSpec::Kind::text:
      return {};
    case ParameterSpec::Kind::integer: {
      const auto number = parse_integer(value);
      if (!number.ok() || number.value < spec.least || number.value > spec.most)
        return wrong(spec.most == INT64_MAX ? fmt::format("not a whole number from {} on", spec.least)
                                            : fmt::format("not a whole number from {} to {}", spec.least, spec.most));
      return {};
    }
    case ParameterSpec::Kind::day:
      return parse_iso_date(value) ? Status{} : wrong("not a day such as 2026-01-31");
    case ParameterSpec::Kind::boolean:
      return value == "true" || value == "false" ? Status{} : wrong("neither true nor false");
    case ParameterSpec::Kind::word:
      return std::ranges::find(spec.words, value) != spec.words.end()
                 ? Status{}
                 : wrong(fmt::format("not one of {}", fmt::join(spec.words, ", ")));
  }
  return {};
}

}  // namespace

Result<Arguments> Arguments::read(const std::vector<ParameterSpec>& specs, const std::vector<std::string>& others,
                                  const Request& request) {
  Arguments arguments;
  for (const auto& [name, value] : request.parameters) {
    const auto spec = std::ranges::find(specs, name, &ParameterSpec::name);
    if (spec != specs.end()) {
      DH_TRY(check(*spec, value));
      if (!spec->is_many && arguments.has(name))
        return fail(Error::Kind::usage, fmt::format("{} is there more than once", name));
    } else if (std::ranges::find(others, name) == others.end()) {
      auto known = others;
      for (const auto& each : specs) known.emplace_back(each.name);
      if (known.empty()) return fail(Error::Kind::usage, fmt::format("there is no parameter '{}' here", name));
      return fail(Error::Kind::usage, fmt::format("there is no parameter '{}' here{}; there are {}", name,
                                                  did_you_mean(name, known), fmt::join(known, ", ")));
    }
    arguments.given_.emplace_back(name, value);
  }
  std::ranges::stable_sort(arguments.given_);
  return arguments;
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [given, value] : given_)
    if (given == name) values.push_back(value);
  return values;
}

std::string Arguments::one(std::string_view name) const {
  const auto values = all(name);
  return values.empty() ? std::string() : values.back();
}

std::vector<std::string> Arguments::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : given_)
    if (names.empty() || names.back() != name) names.push_back(name);
  return names;
}

std::int64_t Arguments::integer(std::string_view name, std::int64_t otherwise) const {
  const auto number = parse_integer(one(name));
  return number.ok() ? number.value : otherwise;
}

std::string Arguments::text(const std::vector<std::string_view>& without) const {
  std::string text;
  for (const auto& [name, value] : given_)
    if (std::ranges::find(without, name) == without.end()) text += fmt::format("\n{}={}:{}", name, value.size(), value);
  return text;
}

std::vector<ParameterSpec> parameters_of(const Endpoint& endpoint) {
  auto all = endpoint.parameters;
  if (!endpoint.is_quick)
    all.push_back({"as_of", "Of a lake: as it was after a run, 12, or at a time, 2026-01-31 or 2026-01-31T14:00:00Z"});
  if (endpoint.listing == nullptr) return all;
  for (const auto& filter : endpoint.listing->filters) all.push_back(filter.parameter);
  all.insert(all.end(), {{"limit", "Rows of a page", ParameterSpec::Kind::integer, false, {}, 1, kPageRowsMax},
                         {"cursor", "`next` of the page before; the other parameters must be the same"}});
  return all;
}

}  // namespace deskhouse::server
