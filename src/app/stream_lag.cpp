#include "app/stream_lag.h"

#include <fmt/format.h>

#include "pipeline/records.h"

namespace deskhouse::app {

Status StreamLag::write(warehouse::Connection& connection) {
  const auto lag = lag_.load();
  if (lag < 0 || lag == written_) return {};
  DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection));
  DH_TRY(connection.execute(fmt::format("delete from meta.stream_lag; insert into meta.stream_lag values ({}, {})",
                                        warehouse::sql_timestamp(pipeline::now()), lag)));
  DH_TRY(transaction.commit());
  written_ = lag;
  return {};
}

}  // namespace deskhouse::app
