#include "pipeline/rejects.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace deskhouse::pipeline {

namespace {

std::string reasons_json(const std::vector<staging::Reason>& reasons) {
  std::string out = "[";
  for (const auto& r : reasons)
    out += fmt::format("{}{{\"field\":{},\"reason\":{},\"value\":{}}}", out.size() > 1 ? "," : "", json_text(r.field), json_text(r.reason), json_text(r.value));
  return out + "]";
}

}  // namespace

Status create_reject_table(warehouse::Connection& connection) {
  return connection.execute(
      "create or replace temp table rejected (source VARCHAR, entity VARCHAR, file VARCHAR, position BIGINT, record BIGINT, line BIGINT, record_id VARCHAR, "
      "header VARCHAR, raw BLOB, reasons VARCHAR)");
}

Status publish_rejects(warehouse::Connection& connection, std::int64_t run_id, Timestamp extracted_at) {
  return connection.execute(fmt::format("insert into staging.quarantine by name select *, {}::bigint as run_id, {} as extracted_at, 'quarantined' as status from rejected",
                                        run_id, warehouse::sql_timestamp(extracted_at)));
}

Result<RejectWriter> RejectWriter::open(warehouse::Connection& connection, const config::EntityMapping& mapping, std::string header) {
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "", "rejected"));
  return RejectWriter(std::move(writer), mapping, std::move(header));
}

Status RejectWriter::write(const staging::Reject& reject) {
  ++written_;
  writer_.text(mapping_->source).text(mapping_->entity).text(reject.file).integer(reject.position).integer(reject.record).integer(reject.line);
  writer_.text(lossy_utf8(reject.id)).text(lossy_utf8(header_)).blob(reject.raw).text(reasons_json(reject.reasons));
  return writer_.end_row();
}

Status RejectWriter::flush() { return writer_.flush(); }

}  // namespace deskhouse::pipeline
