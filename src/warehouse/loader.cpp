#include "warehouse/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <unordered_map>

#include "schema/catalog.h"
#include "warehouse/functions.h"
#include "warehouse/lake_files.h"
#include "warehouse/parquet.h"
#include "warehouse/partitions.h"

namespace deskhouse::warehouse {

namespace {

constexpr std::string_view kCreateTable = "CREATE TABLE", kCreateTemporaryTable = "CREATE TEMP TABLE";

// One range of one batch.
class RangeFeed : public BatchFeed {
 public:
  RangeFeed(const staging::StagedBatch& batch, std::size_t from, std::size_t to)
      : source_{&batch.rows, batch.key, batch.position, batch.row_hash, from, to} {}
  const std::vector<schema::BatchColumn>& columns() const override { return source_.rows->columns(); }
  const BatchSource* next() override { return taken_.exchange(true) ? nullptr : &source_; }
  void done(const BatchSource*) override {}

 private:
  BatchSource source_;
  std::atomic<bool> taken_ = false;
};

// A full disk or memory is not the rows' fault: splitting the batch would only repeat it.
bool is_operating_error(const Error& error) {
  return error.kind == Error::Kind::io;
}

Result<Loader::Stream> refused(const Error& error) {
  if (is_operating_error(error)) return std::unexpected(error);
  return Loader::Stream::refused;
}

// True also where the condition is NULL, as in a CHECK. The line's end ends a comment in the condition.
std::string keeps(const std::string& condition) {
  return fmt::format("({}\n) is not false", condition);
}

// Fails on a row that breaks a condition. A CHECK of the load table would do the same, but stay with the table when
// publishing renames it, and then refuse the rows of a later run that has other conditions.
std::string guard(const std::vector<std::string>& conditions) {
  std::string sql;
  for (const auto& condition : conditions)
    sql += fmt::format("{} case when {} then true else error({}) end", sql.empty() ? " where" : " and",
                       keeps(condition), sql_text("a row breaks the row condition " + condition));
  return sql;
}

std::string broken(const std::string& condition) {
  return fmt::format("breaks the row condition {}", condition);
}

std::string first_line(std::string_view message) {
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace

Status check_conditions(Connection& connection, const schema::TableInfo& entity,
                        const std::vector<std::string>& conditions) {
  // DuckDB takes in a CHECK what depends on the row alone: no subqueries, no aggregates.
  constexpr std::string_view kTable = "temp.checked_conditions";
  for (const auto& condition : conditions) {
    auto create = schema::create_table_sql(entity, kTable);
    create.replace(0, kCreateTable.size(), kCreateTemporaryTable);
    create.insert(create.rfind(')'), fmt::format(", CHECK ({}\n)", condition));
    if (const auto made = connection.query(create); !made)
      return fail(Error::Kind::config, fmt::format("the row condition {} cannot be used: {} (docs/tables.md lists the "
                                                   "columns)",
                                                   condition, first_line(made.error().message)));
    DH_TRY(connection.execute(fmt::format("drop table {}", kTable)));
  }
  return {};
}

Result<Loader> Loader::create(Connection& connection, FunctionContext& functions, const schema::TableInfo& entity,
                              Kind kind, LoadTarget target) {
  auto create = schema::create_table_sql(entity, target.table);
  if (kind == Kind::temporary) create.replace(0, kCreateTable.size(), kCreateTemporaryTable);
  DH_TRY(connection.execute(fmt::format("drop table if exists {}", target.table)));
  DH_TRY(connection.execute(create));
  if (kind == Kind::bulk) DH_TRY(partition_by_month(connection, target.table, schema::partition_column(entity.name)));
  return Loader(connection, functions, kind, std::move(target));
}

std::string Loader::rows_sql() const {
  return with_run("*", "deskhouse_batch()");
}

std::string Loader::with_run(const std::string& columns, const std::string& rows) const {
  return fmt::format("(select {}, {} as source, {} as loaded_at, {}::bigint as run_id from {})", columns,
                     sql_text(target_.source), sql_timestamp(target_.loaded_at), target_.run_id, rows);
}

Status Loader::insert_from(BatchFeed& feed, const std::string& where) {
  functions_->set_feed(&feed);
  auto status = connection_->scan(fmt::format("insert into {} by name from {}{}", target_.table, rows_sql(), where));
  functions_->set_feed(nullptr);
  return status;
}

Status Loader::insert(const staging::StagedBatch& batch, std::size_t from, std::size_t to) {
  RangeFeed feed(batch, from, to);
  return insert_from(feed, guard(target_.conditions));
}

Result<Loader::Stream> Loader::load_stream(BatchFeed& feed) {
  const auto status = insert_from(feed, guard(target_.conditions));
  return status ? Result<Stream>(Stream::loaded) : refused(status.error());
}

Result<Loader::Stream> Loader::load_stream(const staging::StagedBatch& batch) {
  RangeFeed feed(batch, 0, batch.rows.rows());
  return load_stream(feed);
}

// A file that cannot be read is no row's fault, either; the rows are then read by the run itself, which tells what is
// wrong.
Result<Loader::Stream> Loader::load_files(const std::vector<std::string>& files, bool as_they_are) {
  // What is in the files beside the load table's columns orders versions, lays files apart, or is of the run.
  const auto rows = with_run("columns(c -> c not in ('updated_us', 'month', 'source', 'loaded_at', 'run_id'))",
                             parquet_files(files)) +
                    guard(target_.conditions);
  if (!as_they_are || kind_ != Kind::bulk || !connection_->is_of_lake()) {
    const auto status = connection_->scan(fmt::format("insert into {} by name from {}", target_.table, rows));
    return status ? Result<Stream>(Stream::loaded) : refused(status.error());
  }
  if (!target_.conditions.empty())
    if (const auto kept = connection_->scalar("select count(*) from " + rows); !kept) return refused(kept.error());
  DH_TRY(add_lake_files(*connection_, target_.table, files));
  return Stream::loaded;
}

Status Loader::load(const staging::StagedBatch& batch, std::size_t batch_size, const OnPoison& on_poison) {
  for (std::size_t from = 0; from < batch.rows.rows(); from += batch_size) {
    const auto to = std::min(from + batch_size, batch.rows.rows());
    const auto start = std::chrono::steady_clock::now();
    LoadBatch record{static_cast<std::int64_t>(batches_.size()) + 1, static_cast<std::int64_t>(to - from), "loaded", "",
                     0};
    auto status = insert(batch, from, to);
    if (!status && is_operating_error(status.error())) return status;
    if (!status) {
      record.status = "split";
      record.error = fmt::format("loaded when it was tried again, after: {}", status.error().message);
      std::size_t refused = 0;
      std::string first;
      const OnPoison count_poison = [&](std::size_t row, const std::vector<std::string>& reasons) {
        if (refused++ == 0) first = reasons.front();
        on_poison(row, reasons);
      };
      DH_ASSIGN(const bool loaded, load_the_others(batch, from, to, count_poison));
      if (!loaded) DH_TRY(split(batch, from, to, count_poison));
      if (refused > 0) record.error = fmt::format("{} of {} rows refused; the first: {}", refused, to - from, first);
    }
    record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    batches_.push_back(std::move(record));
  }
  return {};
}

// Most refused rows break a condition: one query finds them all, and one INSERT loads the others. False, with nothing
// loaded or told, where a condition itself fails on a row or something else is wrong.
Result<bool> Loader::load_the_others(const staging::StagedBatch& batch, std::size_t from, std::size_t to,
                                     const OnPoison& on_poison) {
  if (target_.conditions.empty()) return false;
  std::string columns, all;
  for (const auto& condition : target_.conditions) {
    columns += fmt::format(", {}", keeps(condition));
    all += fmt::format("{}{}", all.empty() ? "" : " and ", keeps(condition));
  }
  RangeFeed asked(batch, from, to);
  functions_->set_feed(&asked);
  const auto refused =
      connection_->query(fmt::format("select position{} from {} where not ({})", columns, rows_sql(), all));
  functions_->set_feed(nullptr);
  if (!refused && is_operating_error(refused.error())) return std::unexpected(refused.error());
  if (!refused) return false;
  RangeFeed kept(batch, from, to);
  if (const auto status = insert_from(kept, " where " + all); !status) {
    if (is_operating_error(status.error())) return std::unexpected(status.error());
    return false;
  }
  std::unordered_map<std::int64_t, std::size_t> row_of;
  for (auto row = from; row < to; ++row) row_of[batch.position[row]] = row;
  for (std::size_t i = 0; i < refused->row_count(); ++i) {
    std::vector<std::string> reasons;
    for (std::size_t c = 0; c < target_.conditions.size(); ++c)
      if (refused->integer(i, c + 1) == 0) reasons.push_back(broken(target_.conditions[c]));
    on_poison(row_of.at(refused->integer(i, 0)), reasons);
  }
  return true;
}

// Retries [from, to) and halves it while it fails. REQUIRES from < to.
Status Loader::split(const staging::StagedBatch& batch, std::size_t from, std::size_t to, const OnPoison& on_poison) {
  const auto status = insert(batch, from, to);
  if (status) return {};
  if (is_operating_error(status.error())) return status;
  if (to - from == 1) {
    DH_ASSIGN(const auto why, reasons(batch, from, status.error()));
    on_poison(from, why);
    return {};
  }
  const auto middle = from + (to - from) / 2;
  DH_TRY(split(batch, from, middle, on_poison));
  return split(batch, middle, to, on_poison);
}

// Every condition that the row breaks, not the first; `error` where it is none of them.
Result<std::vector<std::string>> Loader::reasons(const staging::StagedBatch& batch, std::size_t row,
                                                 const Error& error) {
  std::vector<std::string> found;
  for (const auto& condition : target_.conditions) {
    RangeFeed feed(batch, row, row + 1);
    functions_->set_feed(&feed);
    const auto kept = connection_->scalar(fmt::format("select {} from {}", keeps(condition), rows_sql()));
    functions_->set_feed(nullptr);
    if (!kept && is_operating_error(kept.error())) return std::unexpected(kept.error());
    if (!kept)
      found.push_back(fmt::format("the row condition {} fails on it: {}", condition, first_line(kept.error().message)));
    else if (*kept == 0)
      found.push_back(broken(condition));
  }
  if (found.empty()) found.push_back("the warehouse refuses the row: " + first_line(error.message));
  return found;
}

}  // namespace deskhouse::warehouse
