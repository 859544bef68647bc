// Writes rejected records where publishing finds them: the temporary table `rejected`, shaped like staging.quarantine.
#pragma once

#include <string>

#include "config/config.h"
#include "staging/stager.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

class RejectWriter {
 public:
  // REQUIRES create_reject_table() on this connection before. `header`: what must stand before a raw record so that the
  // source can read it again (quarantine replay).
  static Result<RejectWriter> open(warehouse::Connection& connection, const config::EntityMapping& mapping, std::string header);
  Status write(const staging::Reject& reject);
  Status flush();
  std::int64_t written() const { return written_; }

 private:
  RejectWriter(warehouse::RowWriter writer, const config::EntityMapping& mapping, std::string header)
      : writer_(std::move(writer)), mapping_(&mapping), header_(std::move(header)) {}
  warehouse::RowWriter writer_;
  const config::EntityMapping* mapping_;
  std::string header_;
  std::int64_t written_ = 0;
};

Status create_reject_table(warehouse::Connection& connection);
// Moves them to staging.quarantine, in the caller's transaction.
Status publish_rejects(warehouse::Connection& connection, std::int64_t run_id, Timestamp extracted_at);

}  // namespace deskhouse::pipeline
