#include "pipeline/check_tests.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "base/nearest.h"
#include "config/document.h"
#include "pipeline/checks.h"
#include "pipeline/run.h"
#include "pipeline/violations.h"
#include "schema/batch.h"
#include "schema/catalog.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

namespace {

using config::Value;
using warehouse::sql_name;
using warehouse::sql_text;

constexpr auto kAsOf = "2024-06-01 00:00:00";
constexpr auto kSource = "test";
const std::vector<std::string> kFindingColumns = {"entity", "source", "id", "field", "value", "expected", "message"};

Error bad(std::string_view path, int line, std::string_view what) {
  return {Error::Kind::config, fmt::format("{}:{}: {}", path, line, what)};
}

// One [[tests]] of a file.
struct Case {
  std::string path, name, check, as_of = kAsOf;
  int line = 0;
  std::vector<std::pair<std::string, const Value*>> given;  // table, list of rows
  const Value* expect = nullptr;                            // list of rows
};

std::string table_of(const std::string& given) {
  return given.contains('.') ? given : "operational." + given;
}

Status check_rows(const std::string& path, const Value& rows) {
  if (rows.kind != config::Kind::list) return std::unexpected(bad(path, rows.line, "rows are a list of tables"));
  for (const auto& row : rows.items)
    if (row.kind != config::Kind::table) return std::unexpected(bad(path, row.line, "a row is a table"));
  return {};
}

Status read_given(const std::string& path, const Value& given, Case& one) {
  if (given.kind != config::Kind::table)
    return std::unexpected(bad(path, given.line, "given is a table of lists: [[tests.given.tickets]]"));
  for (const auto& [name, value] : given.members) {
    if (value.kind == config::Kind::table) {  // given.core.fact_tickets_stored, without quotes
      for (const auto& [table, rows] : value.members) {
        DH_TRY(check_rows(path, rows));
        one.given.emplace_back(fmt::format("{}.{}", name, table), &rows);
      }
      continue;
    }
    DH_TRY(check_rows(path, value));
    one.given.emplace_back(table_of(name), &value);
  }
  return {};
}

Result<Case> read_case(const std::string& path, const Value& table) {
  static const std::vector<std::string> kKeys = {"name", "check", "as_of", "given", "expect"};
  Case one{.path = path, .line = table.line};
  for (const auto& [key, value] : table.members) {
    if (key == "name")
      one.name = value.text;
    else if (key == "check")
      one.check = value.text;
    else if (key == "as_of")
      one.as_of = value.text;
    else if (key == "given")
      DH_TRY(read_given(path, value, one));
    else if (key == "expect")
      one.expect = &value;
    else
      return std::unexpected(bad(path, value.line, fmt::format("unknown key '{}'{}", key, did_you_mean(key, kKeys))));
  }
  if (one.name.empty() || one.check.empty())
    return std::unexpected(bad(path, one.line, "a test needs a name, and the check that it is of"));
  if (one.expect == nullptr)
    return std::unexpected(bad(path, one.line, "a test says what it expects; expect = [] is nothing"));
  DH_TRY(check_rows(path, *one.expect));
  for (const auto& row : one.expect->items)
    for (const auto& [key, value] : row.members)
      if (std::ranges::find(kFindingColumns, key) == kFindingColumns.end())
        return std::unexpected(
            bad(path, value.line, fmt::format("a violation has no '{}'{}", key, did_you_mean(key, kFindingColumns))));
  return one;
}

// A database in memory with every table and model of the project, without rows. Each test is a transaction of it that
// is rolled back.
class Bench {
 public:
  static Result<std::unique_ptr<Bench>> make(const config::Config& config) {
    auto bench = std::unique_ptr<Bench>(new Bench(config));
    DH_TRY(bench->open());
    return bench;
  }

  const Check* find(const std::string& name) const {
    const auto it = std::ranges::find(checks_, name, &Check::name);
    return it == checks_.end() ? nullptr : &*it;
  }
  std::string nearest(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& check : checks_) known.push_back(check.name);
    return did_you_mean(name, known);
  }

  // What is wrong; empty: nothing.
  Result<std::string> run(const Case& one, const Check& check) {
    DH_ASSIGN(auto transaction, warehouse::Transaction::begin(*connection_));
    DH_ASSIGN(const auto as_of,
              connection_->scalar(fmt::format("select epoch_us({}::timestamp)", sql_text(one.as_of))));
    const Timestamp at{as_of.value_or(0)};
    database_->functions().set_as_of(at);
    DH_TRY(
        connection_->execute(fmt::format("insert into meta.runs by name select 1 as run_id, 'run' as kind, 'succeeded' "
                                         "as status, {0} as started_at, {0} "
                                         "as as_of, '' as version; update meta.state set as_of = {0}, data_version = 1",
                                         warehouse::sql_timestamp(at))));
    models::Runner runner(*connection_, *database_, models_, model_settings(config_), at, at);
    DH_TRY(fill(one, true));
    if (check.body.contains("core.") || check.body.contains("mart_")) {
      runner.set_whole(true);
      DH_TRY(runner.run(1));
    }
    DH_TRY(fill(one, false));
    return compare(one, check, runner);
  }

 private:
  explicit Bench(const config::Config& config) : config_(config) {}

  Status open() {
    DH_ASSIGN(checks_, load_checks(config_));
    DH_ASSIGN(models_, models::load_models(config_.project));
    DH_ASSIGN(database_,
              warehouse::Database::open(
                  {.path = ":memory:", .memory_limit = config_.memory_limit, .threads = 1, .read_only = false}));
    DH_ASSIGN(connection_, database_->connect());
    DH_TRY(warehouse::migrate(*connection_));
    database_->functions().set_policies(config_.sla);
    database_->functions().set_reporting_zone(config_.reporting_zone);
    models::Runner runner(*connection_, *database_, models_, model_settings(config_), {}, {});
    runner.set_whole(true);
    DH_TRY(runner.run(0));
    return {};
  }

  // The operational rows before the models are computed; of other tables the given rows take the place of all.
  Status fill(const Case& one, bool operational) {
    for (const auto& [table, rows] : one.given) {
      if (table.starts_with("operational.") != operational) continue;
      if (!operational) DH_TRY(wrong(one, rows->line, connection_->execute("delete from " + table)));
      for (const auto& row : rows->items) DH_TRY(wrong(one, row.line, insert(table, row, one)));
    }
    return {};
  }

  static Status wrong(const Case& one, int line, Status status) {
    return status ? status : std::unexpected(bad(one.path, line, status.error().message));
  }

  // What a row does not say: NULL where it may be, else something of the type that checks take for good.
  static std::string value_of_none(const std::string& column, const std::string& type, const Case& one) {
    if (column == "source") return sql_text(kSource);
    if (column == "run_id") return "1";
    if (column == "status") return "'Open'";
    if (column == "priority") return "'Medium'";
    if (type == "TIMESTAMP") return sql_text(one.as_of) + "::TIMESTAMP";
    if (type == "BOOLEAN") return "false";
    if (type == "VARCHAR") return "''";
    if (type == "BLOB") return "''::BLOB";
    return "0";
  }

  Status insert(const std::string& table, const Value& row, const Case& one) {
    const auto dot = table.find('.');
    DH_ASSIGN(
        const auto columns,
        connection_->query(fmt::format(
            "select column_name, data_type, is_nullable from duckdb_columns() where schema_name = {} and table_name "
            "= {} order by column_index",
            sql_text(table.substr(0, dot)), sql_text(table.substr(dot + 1)))));
    std::vector<std::string> names, selects;
    for (std::size_t i = 0; i < columns.row_count(); ++i) names.push_back(columns.display(i, 0));
    if (names.empty()) return fail(Error::Kind::config, fmt::format("there is no table {}", table));
    for (const auto& [key, value] : row.members)
      if (std::ranges::find(names, key) == names.end())
        return fail(Error::Kind::config, fmt::format("{} has no column '{}'{}", table, key, did_you_mean(key, names)));
    const auto* entity = table.starts_with("operational.") ? schema::find_entity(table.substr(dot + 1)) : nullptr;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& name = names[i];
      const auto type = columns.display(i, 1);
      const auto* said = row.find(name);
      selects.push_back((said != nullptr                   ? fmt::format("{}::{}", sql_text(said->text), type)
                         : entity && is_key(*entity, name) ? key_of(*entity, name, row)
                         : columns.integer(i, 2) != 0      ? "null"
                                                           : value_of_none(name, type, one)) +
                        " as " + sql_name(name));
    }
    return connection_->execute(fmt::format("insert into {} by name select {}", table, fmt::join(selects, ", ")));
  }

  // The column that a key is of: id of key, requester_id of requester_key.
  static std::string origin_of(const schema::TableInfo& entity, const std::string& key) {
    if (key == "key") return "id";
    for (const auto& column : entity.columns)
      if (!column.traits.references.empty() && schema::key_column_name(column.name) == key)
        return std::string(column.name);
    return {};
  }
  static bool is_key(const schema::TableInfo& entity, const std::string& name) {
    return !origin_of(entity, name).empty();
  }
  static std::string key_of(const schema::TableInfo& entity, const std::string& name, const Value& row) {
    const auto* id = row.find(origin_of(entity, name));
    if (id == nullptr || id->text.empty()) return name == "key" ? "surrogate_key('test', '')" : "null";
    const auto* source = row.find("source");
    return fmt::format("surrogate_key({}, {})", sql_text(source ? source->text : kSource), sql_text(id->text));
  }

  Result<std::string> compare(const Case& one, const Check& check, const models::Runner& runner) {
    CheckContext context(*connection_, database_->functions(), runner);
    DH_ASSIGN(const auto body, context.find(check, {.source = "operational." + check.entity}));
    std::vector<std::vector<std::string>> found;
    if (body) {
      DH_ASSIGN(const auto rows, connection_->query(findings_of(check, *body) + " order by all"));
      for (std::size_t i = 0; i < rows.row_count(); ++i) {
        auto& row = found.emplace_back();
        for (std::size_t c = 0; c < kFindingColumns.size(); ++c) row.push_back(rows.display(i, c));
      }
    }
    std::vector<std::string> missing;
    for (const auto& row : one.expect->items) {
      const auto it = std::ranges::find_if(found, [&](const auto& f) { return matches(row, f); });
      if (it == found.end())
        missing.push_back(shown(row));
      else
        found.erase(it);
    }
    std::vector<std::string> extra;
    for (const auto& row : found) extra.push_back(fmt::format("{} {}: {}", row[2], row[3], row[6]));
    std::string problem;
    if (!missing.empty()) problem = fmt::format("not found: {}", fmt::join(missing, "; "));
    if (!extra.empty())
      problem += fmt::format("{}not expected: {}", problem.empty() ? "" : "; ", fmt::join(extra, "; "));
    return problem;
  }

  // A violation is the expected one if it agrees in what the expectation says.
  static bool matches(const Value& expected, const std::vector<std::string>& found) {
    return std::ranges::all_of(expected.members, [&](const auto& member) {
      const auto column = std::ranges::find(kFindingColumns, member.name) - kFindingColumns.begin();
      return found[static_cast<std::size_t>(column)] == member.value.text;
    });
  }
  static std::string shown(const Value& row) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : row.members) parts.push_back(fmt::format("{} = {}", key, value.text));
    return parts.empty() ? "any violation" : fmt::format("{}", fmt::join(parts, ", "));
  }

  config::Config config_;
  std::vector<Check> checks_;
  std::vector<models::Model> models_;
  std::unique_ptr<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
};

struct Suite {
  const config::Config& config;
  bool is_built_in;
  std::unique_ptr<Bench> bench = {};  // made for the first test
};

Status run_file(Suite& suite, const std::string& path, const std::string& text,
                const std::vector<std::string>& patterns, std::vector<CheckTest>& tests) {
  DH_ASSIGN(const auto document, config::parse_document(text, path));
  for (const auto& [key, list] : document.members) {
    if (key != "tests" || list.kind != config::Kind::list)
      return std::unexpected(bad(path, list.line, fmt::format("'{}' is not a list of tests: write [[tests]]", key)));
    for (const auto& table : list.items) {
      DH_ASSIGN(const auto one, read_case(path, table));
      const auto named = [&](const std::string& p) { return fnmatch(p.c_str(), one.check.c_str(), 0) == 0; };
      if (!patterns.empty() && std::ranges::none_of(patterns, named)) continue;
      if (!suite.bench) {
        DH_ASSIGN(suite.bench, Bench::make(suite.config));
      }
      const auto* check = suite.bench->find(one.check);
      if (check == nullptr)
        return std::unexpected(
            bad(path, one.line, fmt::format("there is no check '{}'{}", one.check, suite.bench->nearest(one.check))));
      if (suite.is_built_in && check->own) continue;
      const auto start = std::chrono::steady_clock::now();
      auto problem = suite.bench->run(one, *check);
      tests.push_back({one.name, one.check, fmt::format("{}:{}", path, one.line),
                       problem ? *problem : problem.error().message,
                       std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<CheckTest>> test_checks(const config::Config& config, const std::vector<std::string>& patterns) {
  config::Config defaults;
  defaults.project = config.project;
  Suite built_in{defaults, true}, own{config, false};
  DH_ASSIGN(const auto files, models::load_files("checks/tests", ".toml", config.project));
  std::vector<CheckTest> tests;
  for (const auto& [path, text] : files) {
    std::error_code error;
    const bool is_own = std::filesystem::exists(config.project / path, error);
    DH_TRY(run_file(is_own ? own : built_in, path, text, patterns, tests));
  }
  return tests;
}

}  // namespace deskhouse::pipeline
