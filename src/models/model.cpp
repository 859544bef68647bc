#include "models/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/keys.h"
#include "base/parse.h"
#include "models/embedded.h"
#include "models/header.h"
#include "schema/catalog.h"

namespace deskhouse::models {

namespace {

constexpr std::string_view kSchemas[] = {"operational",      "core",          "mart_service_desk",
                                         "mart_performance", "mart_customer", "mart_asset",
                                         "mart_financial",   "meta",          "staging"};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// "a, b(c, d), e" -> the parts outside parentheses.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    if (const auto part = trim(text.substr(start, i - start)); !part.empty()) parts.emplace_back(part);
    start = i + 1;
  }
  return parts;
}

Error bad(std::string_view path, int line, std::string_view what) {
  return {Error::Kind::config, fmt::format("{}:{}: {}", path, line, what)};
}

Status parse_kind(Model& model, const HeaderLine& header) {
  const std::string_view value = header.value;
  const auto open = value.find('(');
  const auto word = trim(value.substr(0, open));
  if (open != std::string_view::npos) model.columns = split_list(value.substr(open + 1, value.rfind(')') - open - 1));
  if (word == "view")
    model.kind = Kind::view;
  else if (word == "table")
    model.kind = Kind::table;
  else if (word == "keyed" && model.columns.size() == 1)
    model.kind = Kind::keyed;
  else if (word == "additive" && !model.columns.empty())
    model.kind = Kind::additive;
  else
    return std::unexpected(
        bad(model.path, header.line,
            fmt::format("kind is '{}'; write view, table, keyed(key_column) or additive(grain columns)", value)));
  return {};
}

Status apply(Model& model, const HeaderLine& header) {
  if (header.key == "name")
    model.name = header.value;
  else if (header.key == "grain")
    model.grain = header.value;
  else if (header.key == "description")
    model.description = header.value;
  else if (header.key == "owner")
    model.owner = header.value;
  else if (header.key == "from")
    model.from = header.value;
  else if (header.key == "histories")
    model.histories = header.value;
  else if (header.key == "slices")
    model.slices = header.value;
  else if (header.key == "partition_by")
    model.partition_by = header.value;
  else if (header.key == "slice_rows") {
    const auto rows = parse_integer(header.value);
    if (!rows.ok() || rows.value < 1)
      return std::unexpected(bad(model.path, header.line, "slice_rows is a number of rows"));
    model.slice_rows = rows.value;
  } else if (header.key == "changed")
    model.changed.push_back(header.value);
  else if (header.key == "audits")
    model.audits = split_list(header.value);
  else if (header.key == "kind")
    return parse_kind(model, header);
  else if (header.key == "distributions")
    model.distributions = split_list(header.value);
  else if (header.key == "derive") {
    const auto equals = header.value.find('=');
    if (equals == std::string::npos)
      return std::unexpected(bad(model.path, header.line, "derive needs 'column = expression'"));
    model.derive.emplace_back(trim(std::string_view(header.value).substr(0, equals)),
                              trim(std::string_view(header.value).substr(equals + 1)));
  } else {
    return std::unexpected(bad(model.path, header.line,
                               fmt::format("unknown header '{}'; known are name, grain, kind, from, changed, "
                                           "histories, slices, slice_rows, partition_by, distributions, derive, "
                                           "description, owner, audits",
                                           header.key)));
  }
  return {};
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::view:
      return "view";
    case Kind::table:
      return "table";
    case Kind::keyed:
      return "keyed";
    case Kind::additive:
      return "additive";
  }
  std::unreachable();
}

std::vector<std::string> referenced_tables(std::string_view sql) {
  std::set<std::string> found;
  for (const auto schema : kSchemas) {
    for (auto at = sql.find(schema); at != std::string_view::npos; at = sql.find(schema, at + 1)) {
      const auto dot = at + schema.size();
      if ((at > 0 && (is_name_char(sql[at - 1]) || sql[at - 1] == '.')) || dot >= sql.size() || sql[dot] != '.')
        continue;
      auto end = dot + 1;
      while (end < sql.size() && is_name_char(sql[end])) ++end;
      if (end > dot + 1) found.emplace(sql.substr(at, end - at));
    }
  }
  return {found.begin(), found.end()};
}

namespace {

// "select *", ", *", "a.*", and a FROM without a SELECT before it.
bool takes_all_columns(std::string_view sql) {
  for (auto at = sql.find('*'); at != std::string_view::npos; at = sql.find('*', at + 1)) {
    const auto before = trim(sql.substr(0, at));
    if (before.ends_with("select") || before.ends_with("distinct") || before.ends_with(",") || before.ends_with("."))
      return true;
  }
  for (auto at = sql.find("from "); at != std::string_view::npos; at = sql.find("from ", at + 1)) {
    const auto before = trim(sql.substr(0, at));
    if (before.empty() || before.ends_with("(")) return true;
  }
  return false;
}

std::set<std::string_view> words(std::string_view sql) {
  std::set<std::string_view> found;
  for (std::size_t i = 0; i < sql.size();) {
    std::size_t end = i;
    while (end < sql.size() && is_name_char(sql[end])) ++end;
    if (end > i) found.insert(sql.substr(i, end - i));
    i = end + 1;
  }
  return found;
}

}  // namespace

std::vector<std::string> columns_read(const std::vector<Model>& models, std::string_view table,
                                      const std::vector<std::string>& columns) {
  std::vector<std::string_view> readers;
  for (const auto& model : models) {
    const auto reads = [&](std::string_view sql) {
      return sql.find(fmt::format("{{{{old {}}}}}", table)) != std::string_view::npos ||
             sql.find(fmt::format("{{{{new {}}}}}", table)) != std::string_view::npos;
    };
    for (const auto& changed : model.changed)
      if (reads(changed)) readers.push_back(changed);
    if (model.from == table || reads(model.body)) readers.push_back(model.body);
  }
  std::vector<std::string> read;
  for (const auto& column : columns)
    if (std::ranges::any_of(readers, [&](auto sql) { return takes_all_columns(sql) || words(sql).contains(column); }))
      read.push_back(column);
  return read;
}

Result<Model> parse_model(std::string_view path, std::string_view text) {
  Model model;
  model.path = path;
  std::string body;
  for (const auto& header : split_header(text, body)) DH_TRY(apply(model, header));
  model.body = trim(body);
  if (model.name.empty() || model.name.find('.') == std::string::npos)
    return std::unexpected(bad(path, 1, "the header needs 'name: schema.table'"));
  if (model.body.empty()) return std::unexpected(bad(path, 1, "there is no SELECT after the header"));
  if (model.kind == Kind::additive && model.from.empty())
    return std::unexpected(bad(path, 1, "an additive model needs 'from: schema.table'"));
  if (!model.partition_by.empty() && model.kind != Kind::keyed && model.kind != Kind::table)
    return std::unexpected(bad(path, 1, "partition_by is for tables and keyed models"));
  if (model.kind == Kind::keyed && model.changed.empty())
    return std::unexpected(bad(path, 1, "a keyed model needs at least one 'changed: SELECT of keys'"));
  std::string all = model.body + " " + model.from + " " + model.histories;
  for (const auto& changed : model.changed) all += " " + changed;
  model.references = referenced_tables(all);
  std::erase(model.references, model.name);
  model.text_hash = fmt::format("{:016x}", static_cast<std::uint64_t>(natural_key("model", text)));
  return model;
}

Result<std::map<std::string, std::string>> load_files(std::string_view folder, std::string_view extension,
                                                      const std::filesystem::path& project) {
  std::map<std::string, std::string> files;
  const auto prefix = std::string(folder) + "/";
  for (const auto& file : embedded_files())
    if (file.path.starts_with(prefix) && file.path.ends_with(extension)) files.emplace(file.path, file.text);
  std::error_code error;
  const auto root = project / folder;
  if (!std::filesystem::is_directory(root, error)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, error)) {
    if (!entry.is_regular_file() || entry.path().extension() != extension) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(Error::Kind::io, fmt::format("Cannot read {}", entry.path().string()));
    files[prefix + std::filesystem::relative(entry.path(), root).generic_string()] = text.str();
  }
  if (error) return fail(Error::Kind::io, fmt::format("Cannot list {}: {}", root.string(), error.message()));
  return files;
}

Result<std::vector<Model>> load_models(const std::filesystem::path& project) {
  DH_ASSIGN(const auto files, load_files("models", ".sql", project));
  std::map<std::string, Model> by_name;
  for (const auto& [path, text] : files) {
    DH_ASSIGN(auto model, parse_model(path, text));
    by_name[model.name] = std::move(model);
  }
  // Depth-first: each model after what it references. `open` holds the path that is being walked, for cycles.
  std::vector<Model> ordered;
  std::set<std::string> done, open;
  const auto visit = [&](const auto& self, const std::string& name) -> Status {
    const auto it = by_name.find(name);
    if (it == by_name.end() || done.contains(name)) return {};
    if (!open.insert(name).second)
      return fail(Error::Kind::config, fmt::format("{}: the model {} references itself through others; break the cycle",
                                                   it->second.path, name));
    for (const auto& reference : it->second.references) {
      const bool known = by_name.contains(reference) || reference.starts_with("operational.") ||
                         reference.starts_with("meta.") || reference.starts_with("staging.");
      if (!known)
        return fail(Error::Kind::config,
                    fmt::format("{}: it references {}, which no model makes", it->second.path, reference));
      DH_TRY(self(self, reference));
    }
    open.erase(name);
    done.insert(name);
    ordered.push_back(it->second);
    return {};
  };
  for (const auto& [name, model] : by_name) DH_TRY(visit(visit, name));
  return ordered;
}

}  // namespace deskhouse::models
