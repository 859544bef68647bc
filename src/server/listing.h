// Lists of the API, as data: where their rows are, what of a row is shown, what it can be filtered by, how it is
// ordered. A page goes on after the keys of the row before it, not after a number of rows, so that rows that are
// published meanwhile neither repeat nor hide others (docs/decisions/0042).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/endpoint.h"
#include "warehouse/database.h"

namespace deskhouse::server {

constexpr std::int64_t kPageRows = 100, kPageRowsMax = 1000;
constexpr std::size_t kPageBytes = 8 << 20;  // a page of long rows has fewer of them, and at least one

enum class ColumnType { text, integer, number, boolean, time, json };

struct ListedColumn {
  std::string_view name;
  ColumnType type = ColumnType::text;
  std::string_view sql = "";  // over `t`, a row of `rows`, and what `joins` brings; empty: t.name
  bool can_be_null = true;
};

struct Filter {
  ParameterSpec parameter;
  std::string_view sql;  // a condition on `t`; {0} stands for the values, as a list where there may be several
  std::string_view otherwise = "";  // the condition where the parameter is absent
};

// Together they tell every row from every other, and none is ever NULL; all run from the greatest down.
struct ListKey {
  enum class Type { time, integer, text };
  std::string_view sql;  // over `t`
  Type type = Type::text;
};

struct Listing {
  std::string_view rows;        // a table or a query, without its alias `t`
  std::string_view joins = "";  // to the rows of a page, for what is shown of them
  std::vector<ListedColumn> columns = {};
  std::vector<Filter> filters = {};
  std::vector<ListKey> keys = {};
  bool is_of_version = false;  // changes with the data's version only, so that answers may be kept
};

// One thing with lists of what belongs to it. Parameters of the SQL are the values of the endpoint's path.
struct Detail {
  struct Part {
    std::string_view name;
    std::string_view from;  // FROM and what follows, over `t`
    std::vector<ListedColumn> columns;
  };
  std::vector<Part> parts;  // of the first one the only row becomes the members of the answer
  bool is_of_version = false;
  bool is_by_number = false;  // the path has a whole number
};

extern const Listing kTickets, kRuns, kChecks, kViolations, kQuarantine, kAlerts;
extern const Detail kTicket, kRun;

// Where the page after a row begins. Pure.
struct Cursor {
  std::vector<warehouse::Parameter> after;  // the keys of the row
  // `request`: what the cursor is good for. The text is of letters that need no escaping.
  std::string text(std::string_view request) const;
  // Fails with Kind::usage where it is none, or that of another request.
  static Result<Cursor> read(std::string_view text, std::string_view request, std::span<const ListKey> keys);
};

// {"items": [...], "next": text or null}. `request`: what a cursor of it is good for.
Result<std::string> page_of(const Listing& listing, const Arguments& arguments, std::string_view request,
                            warehouse::Connection& connection, const warehouse::SelectLimits& limits);
// Empty if there is no such thing.
Result<std::string> detail_of(const Detail& detail, const std::vector<std::string>& path,
                              warehouse::Connection& connection, const warehouse::SelectLimits& limits);

}  // namespace deskhouse::server
