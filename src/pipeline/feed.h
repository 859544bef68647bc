// What a run reads instead of the configured sources: records that somebody already holds, such as a micro-batch of a
// stream. They go through staging, validation and the one publishing transaction as any others do; no watermark is
// moved and no contract is applied, since they are no look at the source.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pipeline/extraction.h"
#include "staging/prepared_files.h"

namespace deskhouse::pipeline {

// One thread at a time, but for what its readers say. Outlives the run.
class Feed {
 public:
  struct Part {
    const config::SourceConfig* source;  // its name is what counts
    const config::EntityMapping* mapping;
  };
  virtual ~Feed() = default;
  // Each entity of each source once.
  virtual std::vector<Part> parts() const = 0;
  // May be opened again, and gives the same records then.
  virtual sources::Source& source() = 0;
  virtual Result<std::unique_ptr<staging::Stager>> make_stager(const config::EntityMapping& mapping) = 0;
  // Of the reader that was opened last: records that a cluster staged, and that the reader leaves out. Once for each
  // part: the readers that are opened later have all records.
  virtual std::optional<staging::PreparedFiles> prepared(const config::EntityMapping& mapping) = 0;
  // The following are called inside the publishing transaction, in this order.
  //
  // Observations of tickets that are no versions, into the temporary table version_events; whether there are any.
  virtual Result<bool> observe(warehouse::Connection& connection, std::int64_t run_id, Timestamp at) = 0;
  // After all is published: what the feed has to remember, and records that stand for more than themselves.
  virtual Status record(warehouse::Connection& connection, std::int64_t run_id) = 0;
  virtual void correct(const config::EntityMapping& mapping, Balance& balance) const = 0;
};

// A reader of a feed gives versions in files 0, 1, ...; a record of this file is what all that was seen of it comes to
// (docs/decisions/0031): it replaces what is there, and is no version. Its position is below 0, as no other is.
inline constexpr std::int32_t kSettledFile = -1;

}  // namespace deskhouse::pipeline
