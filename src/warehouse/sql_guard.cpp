#include "warehouse/sql_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "warehouse/sql_functions.h"

namespace deskhouse::warehouse {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTextMax = 100'000;
constexpr std::string_view kSchemas[] = {"operational", "core", "meta"};
constexpr std::string_view kOfTheProject = "staging";  // raw records and what hangs on them
constexpr std::string_view kMarts = "mart_";
// What may not stand in FROM.
constexpr std::string_view kOtherSources[] = {"SHOW_REF",        "COLUMN_DATA", "DELIM_GET",
                                              "BOUND_TABLE_REF", "PIVOT",       "INVALID"};

std::unexpected<Error> refuse(std::string why) {
  return fail(Error::Kind::usage, std::move(why));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string text_of(const Json& node, const char* key) {
  const auto it = node.find(key);
  return it != node.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// What a statement uses, gathered from its whole tree.
struct Uses {
  std::set<std::string> functions, table_functions;
  std::set<std::pair<std::string, std::string>> tables;  // schema and name
  bool asks_for_time = false;                            // without a call: current_date
  std::string wrong;                                     // what no statement may have
};

using Names = std::set<std::string>;

void gather(const Json& node, bool is_of_from, const Names& in_scope, Uses& uses);

// What a WITH names may be read after it, and before it by nobody but itself where it is recursive: elsewhere the same
// name would be that of a file.
Names gather_with(const Json& map, Names in_scope, Uses& uses) {
  for (const auto& entry : map) {
    const auto name = lower(text_of(entry, "key"));
    if (name.find_first_of("./\\:*?[") != std::string::npos) uses.wrong = "a WITH by the name of a file";
    auto visible = in_scope;
    static const Json::json_pointer kBody("/value/query/node/type");
    if (entry.value(kBody, "") == "RECURSIVE_CTE_NODE") visible.insert(name);
    gather(entry, false, visible, uses);
    in_scope.insert(name);
  }
  return in_scope;
}

void gather(const Json& node, bool is_of_from, const Names& outer, Uses& uses) {
  if (node.is_array()) {
    for (const auto& item : node) gather(item, is_of_from, outer, uses);
    return;
  }
  if (!node.is_object()) return;
  auto in_scope = outer;
  if (const auto with = node.find("cte_map"); with != node.end() && with->is_object() && with->contains("map"))
    in_scope = gather_with(with->at("map"), outer, uses);
  const auto type = text_of(node, "type"), kind = text_of(node, "class");
  if (std::ranges::find(kOtherSources, type) != std::end(kOtherSources)) uses.wrong = lower(type);
  if (type == "BASE_TABLE") {
    if (!text_of(node, "catalog_name").empty()) uses.wrong = "another database";
    const auto schema = lower(text_of(node, "schema_name")), name = lower(text_of(node, "table_name"));
    if (!schema.empty() || !in_scope.contains(name)) uses.tables.emplace(schema, name);
  }
  if (kind == "FUNCTION" || kind == "WINDOW") {
    if (!text_of(node, "catalog").empty()) uses.wrong = "a function of another database";
    const auto schema = lower(text_of(node, "schema"));
    if (!schema.empty() && schema != "main" && schema != "pg_catalog")
      uses.wrong = "a function of the schema " + schema;
    (is_of_from ? uses.table_functions : uses.functions).insert(lower(text_of(node, "function_name")));
  }
  if (type == "COLUMN_REF" && node.contains("column_names") && node["column_names"].size() == 1) {
    const auto& name = node["column_names"][0];
    if (name.is_string() && !is_stable_function(lower(name.get<std::string>()))) uses.asks_for_time = true;
  }
  for (const auto& [key, value] : node.items())
    if (key != "cte_map") gather(value, type == "TABLE_FUNCTION" && key == "function", in_scope, uses);
}

// Where in the text something stands.
void forget_places(Json& node) {
  if (node.is_object()) node.erase("query_location");
  for (auto& child : node)
    if (child.is_structured()) forget_places(child);
}

bool is_schema(std::string_view name, SqlGuard::Author author) {
  return (author == SqlGuard::Author::project && name == kOfTheProject) || name.starts_with(kMarts) ||
         std::ranges::find(kSchemas, name) != std::end(kSchemas);
}

}  // namespace

Result<bool> SqlGuard::is_table(Connection& connection, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (tables_.contains(name)) return true;
  DH_ASSIGN(const auto rows,
            connection.query("select lower(schema_name || '.' || table_name) from duckdb_tables() where "
                             "not internal union all select lower(schema_name || '.' || view_name) from "
                             "duckdb_views() where not internal"));
  tables_.clear();
  for (std::size_t i = 0; i < rows.row_count(); ++i) tables_.emplace(rows.text(i, 0));
  return tables_.contains(name);
}

Result<Verdict> SqlGuard::check(Connection& connection, std::string_view sql, Author author) {
  if (sql.size() > kTextMax) return refuse(fmt::format("a statement of more than {} bytes is not read", kTextMax));
  if (sql.contains('\0')) return refuse("the statement cannot be read");
  DH_ASSIGN(const auto answer, connection.query(fmt::format("select json_serialize_sql({}::varchar)", sql_text(sql))));
  const auto tree = Json::parse(answer.text(0, 0), nullptr, false);
  if (!tree.is_object()) return refuse("the statement cannot be read");
  if (tree.value("error", true)) {
    const auto type = text_of(tree, "error_type"), message = text_of(tree, "error_message");
    return refuse(type.ends_with("implemented") ? "only SELECT statements are answered here" : message);
  }
  const auto& statements = tree.at("statements");
  if (statements.size() != 1)
    return refuse(fmt::format("one SELECT at a time: there are {} statements", statements.size()));
  Uses uses;
  gather(statements, false, {}, uses);
  if (!uses.wrong.empty()) return refuse(fmt::format("this is not allowed here: {}", uses.wrong));
  for (const auto& name : uses.functions)
    if (!is_allowed_function(name))
      return refuse(fmt::format("the function {} is not on the list of those allowed", name));
  for (const auto& name : uses.table_functions)
    if (!is_allowed_table_function(name))
      return refuse(fmt::format("{}(...) may not stand in FROM: tables and views of the warehouse may", name));
  for (const auto& [schema, name] : uses.tables) {
    if (schema.empty()) return refuse(fmt::format("which schema is '{}' in? Write core.{}, for example", name, name));
    if (!is_schema(schema, author))
      return refuse(
          fmt::format("the schema '{}' is not for queries: operational, core, the marts and meta are", schema));
    DH_ASSIGN(const bool found, is_table(connection, schema + "." + name));
    if (!found) return refuse(fmt::format("there is no table {}.{}", schema, name));
  }
  auto normal = tree.at("statements");
  forget_places(normal);
  return Verdict{.is_stable = !uses.asks_for_time && std::ranges::all_of(uses.functions, is_stable_function),
                 .normal = normal.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace deskhouse::warehouse
