// Tables that are built whole, slice by slice.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/runner.h"
#include "warehouse/functions.h"
#include "warehouse/partitions.h"

namespace deskhouse::models {

namespace {

// A slice of time needs the histories of its tickets in memory; one of keys what windows keep, which is more a row.
constexpr std::int64_t kRowsPerTimeSlice = 1'500'000, kRowsPerKeySlice = 200'000;

}  // namespace

// A whole table in slices, so that memory stays flat whatever its size: of time, so that its rows lie in that order, or
// of the model's own keys.
Status Runner::build_by_slices(const Model& model) {
  const warehouse::JoinsAsWritten joins(connection_);  // the slice is the smaller side, and its author writes it second
  const auto dot = model.slices.rfind('.');
  const auto table = model.slices.substr(0, dot), column = model.slices.substr(dot + 1);
  DH_ASSIGN(const auto type, connection_.scalar_text(fmt::format("select typeof({}) from {} limit 1", column, table)));
  const bool by_key = type != "TIMESTAMP";
  const auto usual = by_key ? kRowsPerKeySlice : kRowsPerTimeSlice;
  DH_ASSIGN(const auto bounds, slice_bounds(table, column, model.slice_rows > 0 ? model.slice_rows : usual));
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    std::string slice = "true";
    if (i > 0) slice += fmt::format(" and {{0}} >= {}", bounds[i - 1]);
    if (i < bounds.size()) slice += fmt::format(" and {{0}} < {}", bounds[i]);
    Scope scope;
    warehouse::LocalSets sets(functions_);
    if (by_key) {
      scope.range = slice;
    } else if (!bounds.empty()) {
      DH_ASSIGN(const auto keys, connection_.integers(fmt::format("select key from {} where {}", table,
                                                                  fmt::format(fmt::runtime(slice), column))));
      scope.set = sets.add(keys);
      scope.slice = slice;
    }
    DH_TRY(remember_histories(model, scope));
    DH_ASSIGN(const auto body, expand(model, model.body, scope));
    DH_TRY(i == 0 ? warehouse::create_table_as(connection_, model.name, model.partition_by, body)
                  : connection_.execute(fmt::format("insert into {} by name\n{}", model.name, body)));
  }
  return {};
}

// Where slices of about so many rows of the table begin and end, as SQL literals.
Result<std::vector<std::string>> Runner::slice_bounds(const std::string& table, const std::string& column,
                                                      std::int64_t rows_per_slice) {
  DH_ASSIGN(const auto rows, connection_.scalar(fmt::format("select count(*) from {}", table)));
  const auto slices = *rows / rows_per_slice + 1;
  std::vector<std::string> shares, bounds;
  for (std::int64_t i = 1; i < slices; ++i)
    shares.push_back(fmt::format("{}", static_cast<double>(i) / static_cast<double>(slices)));
  if (shares.empty()) return bounds;
  DH_ASSIGN(auto cuts,
            connection_.query(fmt::format("select distinct unnest(quantile_disc({}, [{}])) from {} order by 1", column,
                                          fmt::join(shares, ", "), table)));
  for (std::size_t i = 0; i < cuts.row_count(); ++i)
    bounds.push_back(cuts.column_type(0) == "TIMESTAMP" ? warehouse::sql_timestamp(Timestamp{cuts.integer(i, 0)})
                                                        : cuts.display(i, 0));
  return bounds;
}

}  // namespace deskhouse::models
