// deskhouse query: rows of a SQL statement, read only.
#include "app/command.h"
#include "app/command_host.h"
#include "app/console.h"
#include "app/output.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string sql, as_of;
  bool csv = false;
};

Outcome query(const Globals& globals, const Options& options) {
  auto sql = options.sql;
  if (sql == "-") sql = read_input();
  DH_ASSIGN(auto project, open_project_as_of(globals, options.as_of));
  if (is_hosted()) DH_TRY(project.warehouse.connection.check_only_reads(sql));
  DH_ASSIGN(const auto rows, project.warehouse.connection.query(sql));
  print_rows(rows, globals.json ? Form::json : options.csv ? Form::csv : Form::table);
  return 0;
}

}  // namespace

void add_query(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("query", "Print the rows of a SQL query (DuckDB's dialect)");
  command->add_option("sql", options->sql, "The query; '-' reads it from standard input")->required();
  command->add_flag("--csv", options->csv, "Print CSV");
  add_as_of(*command, options->as_of);
  command->footer(
      "Examples:\n"
      "  deskhouse query \"select priority, count(*) from core.fact_tickets group by all\"\n"
      "  deskhouse query --as-of 12 \"from mart_service_desk.sla_by_month\"");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return query(globals, *options); }; });
}

}  // namespace deskhouse::app
