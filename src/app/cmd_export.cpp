// deskhouse export: a table or a query as a file.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/command.h"
#include "app/command_host.h"
#include "app/console.h"
#include "app/output.h"
#include "base/json_text.h"
#include "base/nearest.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string table, sql, format, output, as_of;
  bool spreadsheet = false;
};

Result<std::string> known_table(warehouse::Connection& connection, const std::string& name) {
  DH_ASSIGN(
      const auto rows,
      connection.query("select schema_name || '.' || table_name from duckdb_tables() union all "
                       "select schema_name || '.' || view_name from duckdb_views() where not internal order by 1"));
  std::vector<std::string> known;
  for (std::size_t i = 0; i < rows.row_count(); ++i) known.push_back(rows.display(i, 0));
  if (std::ranges::find(known, name) != known.end()) return "from " + name;
  // A name without its schema is enough where only one schema has it.
  std::vector<std::string> same;
  for (const auto& table : known)
    if (table.substr(table.find('.') + 1) == name) same.push_back(table);
  if (same.size() == 1) return "from " + same.front();
  if (same.size() > 1)
    return fail(Error::Kind::usage, fmt::format("There are {}; name the schema too", fmt::join(same, " and ")));
  return fail(
      Error::Kind::usage,
      fmt::format(
          "There is no table '{}'{}. `deskhouse query \"show all tables\"` lists them; docs/tables.md describes them",
          name, did_you_mean(name, known)));
}

Result<std::string> format_of(const Options& options) {
  if (!options.format.empty()) return options.format;
  for (const auto* format : {"csv", "json", "parquet"})
    if (options.output.ends_with(fmt::format(".{}", format))) return format;
  if (!options.output.empty())
    return fail(
        Error::Kind::usage,
        fmt::format("The format of {} is not clear from its name; add --format csv, json or parquet", options.output));
  return "csv";
}

Outcome export_rows(const Globals& globals, const Options& options) {
  if (options.table.empty() == options.sql.empty())
    return fail(Error::Kind::usage, "Name one table, or give one query with --sql");
  DH_ASSIGN(const auto format, format_of(options));
  if (options.spreadsheet && format != "csv")
    return fail(Error::Kind::usage, "--spreadsheet is for csv: the other formats keep texts apart from formulas");
  if (options.output.empty() && format == "parquet")
    return fail(Error::Kind::usage, "Parquet needs a file: add --output FILE");
  DH_ASSIGN(auto project, open_project_as_of(globals, options.as_of));
  auto& connection = project.warehouse.connection;
  auto sql = options.sql;
  if (is_hosted()) DH_TRY(connection.check_only_reads(sql));
  if (!options.table.empty()) {
    DH_ASSIGN(sql, known_table(connection, options.table));
  }
  if (options.spreadsheet) sql = warehouse::without_formulas(sql);
  if (options.output.empty()) {
    DH_ASSIGN(const auto rows, connection.query(sql));
    print_rows(rows, format == "json" ? Form::json : Form::csv);
    return 0;
  }
  const auto kind = format == "csv"    ? warehouse::FileFormat::csv
                    : format == "json" ? warehouse::FileFormat::json
                                       : warehouse::FileFormat::parquet;
  const warehouse::SelectLimits none{.rows = SIZE_MAX, .time = std::chrono::hours(1000), .bytes = SIZE_MAX};
  const auto file = file_of(options.output).string();
  DH_ASSIGN(
      const auto count,
      connection.copy(sql, {},
                      {.path = file, .format = kind, .is_in_transaction = is_hosted() && options.as_of.empty()}, none));
  if (globals.json)
    print_out("{{\"file\": {}, \"format\": {}, \"rows\": {}}}\n", json_text(options.output), json_text(format), count);
  else if (!globals.quiet)
    print_error("Wrote {} rows to {}.\n", grouped(count), options.output);
  return 0;
}

}  // namespace

void add_export(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("export", "Write a table or the rows of a query as CSV, JSON or Parquet");
  command->add_option("table", options->table, "The table or view, such as mart_service_desk.sla_by_month");
  command->add_option("--sql", options->sql, "A query instead of a table");
  command->add_option("--format", options->format, "csv, json or parquet; without it by the name of the file, else csv")
      ->check(CLI::IsMember({"csv", "json", "parquet"}));
  command->add_option("-o,--output", options->output, "The file to write; without it standard output");
  add_as_of(*command, options->as_of);
  command->add_flag("--spreadsheet", options->spreadsheet,
                    "Put ' before texts that a spreadsheet would run as a formula (= + - @)");
  command->footer(
      "Examples:\n"
      "  deskhouse export core.fact_tickets -o tickets.parquet\n"
      "  deskhouse export --sql \"from mart_customer.top_requesters limit 10\" --spreadsheet -o top.csv");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return export_rows(globals, *options); }; });
}

}  // namespace deskhouse::app
