#include "server/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/version.h"
#include "server/listing.h"

namespace deskhouse::server {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ParameterSpec::Kind;

Json schema_of(const ParameterSpec& spec) {
  Json schema{{"type", "string"}};
  if (spec.kind == Kind::integer) {
    schema = {{"type", "integer"}, {"minimum", spec.least}, {"maximum", spec.most}};
  } else if (spec.kind == Kind::day) {
    schema["format"] = "date";
  } else if (spec.kind == Kind::boolean) {
    schema["type"] = "boolean";
  } else if (spec.kind == Kind::word) {
    schema["enum"] = std::vector<std::string>(spec.words.begin(), spec.words.end());
  }
  if (spec.is_many) schema = {{"type", "array"}, {"items", std::move(schema)}};
  return schema;
}

Json parameters_json(const Endpoint& endpoint, const std::vector<std::string>& dimensions) {
  Json parameters = Json::array();
  for (auto rest = endpoint.path; rest.find("{") != std::string_view::npos;) {
    rest.remove_prefix(rest.find("{") + 1);
    Json schema{{"type", "string"}};
    if (endpoint.detail != nullptr && endpoint.detail->is_by_number) schema = {{"type", "integer"}, {"minimum", 0}};
    parameters.push_back({{"name", std::string(rest.substr(0, rest.find("}")))},
                          {"in", "path"},
                          {"required", true},
                          {"schema", std::move(schema)}});
  }
  auto specs = parameters_of(endpoint);
  if (endpoint.takes_dimensions)
    for (const auto& dimension : dimensions)
      specs.push_back({.name = dimension, .meaning = "Any of these, of a metric with this dimension", .is_many = true});
  for (const auto& spec : specs)
    parameters.push_back({{"name", std::string(spec.name)},
                          {"in", "query"},
                          {"description", std::string(spec.meaning)},
                          {"schema", schema_of(spec)}});
  return parameters;
}

Json schema_of(const std::vector<ListedColumn>& columns) {
  Json properties = Json::object();
  std::vector<std::string> names;
  for (const auto& column : columns) {
    Json schema = Json::object();
    switch (column.type) {
      case ColumnType::json:
        break;  // anything
      case ColumnType::integer:
        schema["type"] = "integer";
        break;
      case ColumnType::number:
        schema["type"] = "number";
        break;
      case ColumnType::boolean:
        schema["type"] = "boolean";
        break;
      case ColumnType::time:
        schema = {{"type", "string"}, {"format", "date-time"}};
        break;
      case ColumnType::text:
        schema["type"] = "string";
    }
    if (column.can_be_null && schema.contains("type")) schema["type"] = {schema["type"], "null"};
    properties[std::string(column.name)] = std::move(schema);
    names.emplace_back(column.name);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", names}};
}

Json list_of(const std::vector<ListedColumn>& columns) {
  return {{"type", "array"}, {"items", schema_of(columns)}};
}

Json schema_of(const Endpoint& endpoint) {
  if (endpoint.listing != nullptr)
    return {{"type", "object"},
            {"properties", {{"items", list_of(endpoint.listing->columns)}, {"next", {{"type", {"string", "null"}}}}}},
            {"required", {"items", "next"}}};
  if (endpoint.detail != nullptr) {
    const auto& parts = endpoint.detail->parts;
    auto schema = schema_of(parts.front().columns);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      schema["properties"][std::string(parts[i].name)] = list_of(parts[i].columns);
      schema["required"].push_back(std::string(parts[i].name));
    }
    return schema;
  }
  return {{"$ref", "#/components/schemas/" + std::string(endpoint.schema)}};
}

Json responses_of(const Endpoint& endpoint) {
  Json content = Json::object();
  if (!endpoint.schema.empty() || endpoint.listing != nullptr || endpoint.detail != nullptr)
    content["application/json"] = {{"schema", schema_of(endpoint)}};
  for (const auto type : endpoint.also_types) content[std::string(type)] = {{"schema", {{"type", "string"}}}};
  const Json problem{
      {"description", "What went wrong, as RFC 9457 says"},
      {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return {{"200", {{"description", "OK"}, {"content", std::move(content)}}},
          {"304", {{"description", "Nothing else than what If-None-Match names"}}},
          {"default", problem}};
}

// "GET /api/v1/tickets/{source}/{id}" as a name.
std::string name_of(const Endpoint& endpoint) {
  std::string name;
  for (const char c : fmt::format("{}{}", endpoint.method, endpoint.path))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!name.ends_with('_'))
      name += '_';
  while (name.ends_with('_')) name.pop_back();
  return name;
}

}  // namespace

std::string openapi_document(const std::vector<Endpoint>& endpoints, const std::vector<std::string>& dimensions,
                             bool has_login) {
  Json paths = Json::object();
  for (const auto& endpoint : endpoints) {
    Json operation{{"operationId", name_of(endpoint)},
                   {"summary", std::string(endpoint.summary)},
                   {"parameters", parameters_json(endpoint, dimensions)},
                   {"responses", responses_of(endpoint)}};
    if (endpoint.least > access::Role::viewer)
      operation["description"] = fmt::format("For the role {} and those above it", access::to_string(endpoint.least));
    if (endpoint.method == "POST")
      operation["requestBody"] = {
          {"required", true},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Query"}}}}}}}};
    if (endpoint.path == "/healthz" || endpoint.path == "/readyz") operation["security"] = Json::array();
    std::string method(endpoint.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[std::string(endpoint.path)][method] = std::move(operation);
  }
  Json document{{"openapi", "3.1.0"},
                {"info", {{"title", "Deskhouse"}, {"version", kVersion}}},
                {"paths", std::move(paths)},
                {"components",
                 {{"schemas", Json::parse(kSchemas)},
                  {"securitySchemes",
                   {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
                    {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "deskhouse_session"}}}}}}}};
  // One of the two; without a login neither.
  document["security"] = has_login ? Json::array({{{"token", Json::array()}}, {{"session", Json::array()}}})
                                   : Json::array({Json::object()});
  return document.dump();
}

}  // namespace deskhouse::server
