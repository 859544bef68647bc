// The end of a run: its transaction is committed, and what lies beside the tables follows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "warehouse/database.h"
#include "warehouse/places.h"

namespace deskhouse::pipeline {

struct CommitContext {
  warehouse::Connection& connection;
  warehouse::Places& places;
  std::int64_t run_id;
  bool has_deleted_much;  // there may be gaps to close
  bool is_one_of_many;    // another follows soon: the log takes it, and the file what has gathered there
  std::function<void(const std::string& stage)> announce;
  std::function<void(std::string text)> notice;  // what the run's report says beside
};

// `one_thread` ends before the commit, which writes with all threads.
Status commit_run(const CommitContext& context, warehouse::Transaction& transaction,
                  std::optional<warehouse::OneThread>& one_thread);

}  // namespace deskhouse::pipeline
