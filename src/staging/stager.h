// From raw records to typed rows or rejects: decode with the mapping, standardise, validate (spec 3, steps
// 1-3). Pure apart from the memory it is given: no clock, database, file or thread. One stager per entity and
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "schema/batch.h"
#include "sources/source.h"

namespace deskhouse::staging {

// Why one field of a record cannot be used. All reasons of a record are given, not the first.
struct Reason {
  std::string field;   // canonical name; empty: the whole record
  std::string reason;  // "required, but empty", "not a date-time of any declared format", "year 20245 is out
                       // of 1970..2100"
  std::string value;   // as found, at most 200 bytes
};
// As staging.quarantine has them: [{"field":...,"reason":...,"value":...}, ...].
std::string reasons_json(const std::vector<Reason>& reasons);

// A record that goes to staging.quarantine.
struct Reject {
  std::string file;
  std::int64_t position = 0;  // global position, see StagedBatch
  std::int64_t record = 0;    // record number within the file
  std::int64_t line = 0;
  std::string id;   // the record's id, if it could be read
  std::string raw;  // the bytes as extracted
  std::vector<Reason> reasons;
  std::optional<std::int64_t> key;  // of the id; none where it is not sure which record this is
};

// A value that could not be used, of a record that was: the field is NULL (config::Contract::discard_value).
struct Discard {
  std::string file;
  std::int64_t position = 0;  // global position, see StagedBatch
  std::string id;
  std::string field, value, reason;
  std::string raw;  // of the record
};

// Typed rows and what is needed to order them. The vectors run parallel to rows.
struct StagedBatch {
  explicit StagedBatch(const schema::TableInfo& table) : rows(schema::batch_columns(table)) {}
  schema::Batch rows;
  std::vector<std::int64_t> key;         // natural_key(source, id)
  std::vector<std::int64_t> updated_us;  // updated_at (ticket_events: event_at); 0 where the entity has none
  std::vector<std::int64_t> version;     // the mapped counter; 0 without one
  std::vector<std::int64_t> position;    // file_index << 40 | record number
  std::vector<std::int64_t> row_hash;    // over all canonical values (not source, position, run)
  std::vector<Reject> rejects;
  std::vector<Discard> discards;
  std::size_t extracted = 0;  // records seen: rows + rejects + repeats
  std::size_t repeats = 0;    // records whose place the next one took, see Repeats::merge
  void clear();
};

inline constexpr int kPositionFileShift = 40;

// How often a field's value was changed on the way in; a default is not a silent repair.
struct FieldCounts {
  std::int64_t nulled = 0;          // a null word became NULL
  std::int64_t defaulted = 0;       // NULL became the fallback, or `otherwise` was used
  std::int64_t converted = 0;       // trimmed, value mapped, spelling of an allowed value, e-mail in lower case,
                                    // zone applied, number or date read from another format; once per value
  std::int64_t discarded = 0;       // a value that did not read became NULL
  std::int64_t ambiguous_time = 0;  // local time in a DST gap or overlap, resolved by the rule
  // Date-times by the format that read them: the declared ones, and "iso without zone" apart from "iso".
  std::map<std::string, std::int64_t> formats;
};

class Stager {
 public:
  virtual ~Stager() = default;
  // Raw columns that the mapping names, in the order in which the reader must give them.
  virtual const std::vector<std::string>& raw_columns() const = 0;
  // Records whose updated_at (ticket_events: event_at) is later are rejected from now on. Without this call: none.
  virtual void refuse_updates_after(Timestamp latest) = 0;
  // Appends every record of `raw` to `out`, as a row or as a reject.
  virtual void stage(const sources::RawBatch& raw, StagedBatch& out) = 0;
  // By canonical field, of all records since the stager was made, rejected ones too. Fields filled by a
  // constant have no entry.
  virtual const std::map<std::string, FieldCounts>& field_counts() const = 0;
};

// merge: a record that says, in all its fields, what the row right before it says takes that row's place. Of two
// versions of the same time the greater position wins (spec 3): this is the same, before the row costs anything.
enum class Repeats { keep, merge };

// Checks the mapping against the schema: unknown field (with the nearest name), required field not mapped,
// value map to something that is not allowed, unknown date format. An error names the line of deskhouse.toml.
Result<std::unique_ptr<Stager>> make_stager(const config::EntityMapping& mapping, Repeats repeats = Repeats::keep);

}  // namespace deskhouse::staging
