// Where raw records come from. A source is: open an entity, read batches until the end, close. How far a reader came
// (state) is stored in the transaction that publishes its rows (pipeline), never before. Adding a source: one file,
// one line in registry.cpp, one line in the conformance suite.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace deskhouse::sources {

// Why a record could not be split into fields; the record goes to quarantine with it.
struct Defect {
  std::string field;   // empty: the whole record
  std::string reason;  // "unterminated quote", "expected 36 fields, found 12", ...
  bool torn = false;   // the fields behind `field` are not there
};

// One raw record. Views point into the batch's buffer.
struct RawRecord {
  std::int64_t position = 0;  // 1-based record number within the file
  std::int64_t line = 0;      // 1-based line where it starts (for messages)
  // The bytes as extracted, without the line's end (of an encoding other than UTF-8: after conversion, in
  // which a byte that cannot be decoded stands behind a byte FF). A record over the limit is cut and has a
  // defect.
  std::string_view raw;
  std::uint32_t first_field = 0;  // index into RawBatch::fields; columns() many fields follow
  std::int32_t defect = -1;       // index into RawBatch::defects, or -1
};

// A field: data() == nullptr means NULL (absent, JSON null); empty text is empty text. UTF-8 unless the
// record has a defect; conversion from a declared encoding has been done.
using RawField = std::string_view;

// Records of one file, in order. Keeps the bytes that its views point to alive; movable, not copyable; one
// thread at a time.
struct RawBatch {
  std::string file;             // path as shown to users
  std::int32_t file_index = 0;  // order of the files within this extraction
  std::vector<RawRecord> records;
  std::vector<RawField> fields;  // records.size() * columns
  std::vector<Defect> defects;
  std::vector<std::shared_ptr<char[]>> buffers;  // what the views point to; a block may be shared with other batches
  std::size_t bytes = 0;                         // raw bytes of the records (after decompression)
  void clear();
  RawBatch() = default;
  RawBatch(RawBatch&&) = default;
  RawBatch& operator=(RawBatch&&) = default;
};

struct Progress {
  std::int64_t bytes_done = 0;   // of compressed input
  std::int64_t bytes_total = 0;  // 0: unknown
  // Of a source that is asked call by call, for all its entities in this run:
  std::int64_t calls_done = 0;
  std::int64_t calls_left = -1;    // about; -1: unknown
  std::int64_t seconds_left = -1;  // at the pace that the server allows; -1: unknown
};

// From `from` to before `to`.
struct Period {
  Timestamp from, to;
};

// What earlier runs read of an entity and published; all empty before the first, and when all is to be read again.
struct Since {
  std::optional<Timestamp> watermark;  // the greatest updated_at loaded
  std::string state;                   // Reader::state() of the latest run that published the entity
  // A backfill: only what was created or updated then. There is no watermark then, and `state` is that of a run before
  // that read a part of this backfill, if one ended unfinished.
  std::optional<Period> period;
  bool goes_on = false;  // the run before was a slice of the same sync, and published just now
};

// A column as the source has it.
struct SourceColumn {
  std::string name;
  std::string type = {};  // in the source's words; empty where it has no types; of JSON "number or text"
  bool in_all = true;     // false: of several files, or of the records read, some lack it
  bool always = false;    // of JSON: so many records had it, and none lacked it, that it went if one does
  bool operator==(const SourceColumn&) const = default;
};

// Something that a source noticed about an entity, for `deskhouse doctor`.
struct Finding {
  enum class Level { ok, warn, fail };
  Level level = Level::ok;
  std::string found, to_do;  // one sentence each; nothing to do if it is ok
};

// Reads one entity. Not thread-safe; next() may be called from another thread than open().
class Reader {
 public:
  virtual ~Reader() = default;
  // The columns of each record, fixed for the life of the reader: exactly those asked for at open, in that
  // order.
  virtual const std::vector<std::string>& columns() const = 0;
  // Columns that the data has and nobody asked for (schema drift; complete at the end of the input).
  virtual std::vector<std::string> unmapped_columns() const = 0;
  // Fills `batch` (cleared first) with up to about `max_records`; false at the end of the input. An error
  // ends it.
  virtual Result<bool> next(RawBatch& batch, std::size_t max_records) = 0;
  // What must stand before a raw record of that file (RawBatch::file_index) so that it can be read again on
  // its own: for CSV the header line; empty where nothing must. Known from open on; may be called from any
  // thread.
  virtual std::string header(std::int32_t file_index = 0) const = 0;
  virtual Progress progress() const = 0;  // may be called from any thread
  // After the end: what the next run must know to read only what is new; opaque to everybody else, and empty for a
  // source that always reads all.
  virtual std::string state() const { return {}; }
  // The latest updated_at that a record may have: the source's clock and what it may be wrong by. A later one is
  // quarantined, or the watermark would pass what is still to come. It may grow, any thread may ask; none: no limit.
  virtual std::optional<Timestamp> latest_update() const { return std::nullopt; }
  // After the end, of a source that cannot tell its columns before (Source::columns): those that some record had. None:
  // there was no record, or the source told.
  virtual std::optional<std::vector<SourceColumn>> columns_seen() const { return std::nullopt; }
  // After the end: there is more, which a next run reads at once from state() on. So a long sync is published piece by
  // piece, and a process that dies loses one piece.
  virtual bool unfinished() const { return false; }
  // After the end, of records that hang on others (Source::hang_on): the ids of those of whom every record was given
  // that there is.
  virtual std::vector<std::string> listed_parents() const { return {}; }
  // After the end: the source has no such entity for this user (a plan, a role), and why, in one sentence; then there
  // were no records, and that does not mean that there are none. Empty: it has.
  virtual std::string unavailable() const { return {}; }
};

// How records hang on others, where a source shows them by those only.
struct HangsOn {
  std::string field;            // canonical field with the id of what they hang on: "ticket_id"
  std::string parents;          // the entity of that: "tickets"
  std::int64_t most_a_run = 0;  // lists that a run may ask for beside what it reads
};

// One per configured source and run, so that all entities of the run can share a connection and a snapshot. One
// thread at a time, readers included: they are opened all and read one after the other. Outlives its readers.
class Source {
 public:
  virtual ~Source() = default;
  // `columns` are the raw columns that the mapping names (JSON: dotted paths). Fails if the input is missing
  // or unreadable, or a named column that may not be absent (config::may_be_absent) is nowhere in it: with
  // the nearest name and the file. Data without a fixed list of columns (JSON) can tell only at the end of
  // the input: there it is the reader that fails. The reader keeps no reference to `entity`. A source that cannot
  // tell what is new, or of when it is, ignores `since` and reads all.
  virtual Result<std::unique_ptr<Reader>> open(const config::EntityMapping& entity,
                                               const std::vector<std::string>& columns, const Since& since) = 0;
  // The records that exist now, every one of them, with the raw columns that its id is made of: for a sweep, which
  // takes a record that is not among them for deleted. Whatever can keep a record out that exists must be an error.
  // Opened after all entities of the run were read, so that nothing read is younger than the list.
  virtual Result<std::unique_ptr<Reader>> open_keys(const config::EntityMapping& entity,
                                                    const std::vector<std::string>& columns) {
    return open(entity, columns, {});
  }
  // None: open_keys lists the entity. Else open_keys_of does, for some of what its records hang on.
  virtual std::optional<HangsOn> hang_on(const config::EntityMapping&) const { return std::nullopt; }
  // REQUIRES hang_on. The records that exist now of these `parents`, of which Reader::listed_parents tells those whose
  // list was had.
  virtual Result<std::unique_ptr<Reader>> open_keys_of(const config::EntityMapping& entity,
                                                       const std::vector<std::string>& columns,
                                                       const std::vector<std::string>& /*parents*/) {
    return open_keys(entity, columns);
  }
  // Whether reading an entity that is always read in full shows all that exists, so that a sweep need not ask
  // open_keys.
  virtual bool full_read_lists_keys() const { return true; }
  // The columns that the entity has now, in the source's order; none if only reading it can tell (JSON Lines).
  virtual Result<std::optional<std::vector<SourceColumn>>> columns(const config::EntityMapping&) {
    return std::nullopt;
  }
  // Whether the latest error of open or of a reader may pass by itself (a connection that was cut, a server that
  // restarts), so that opening the entity again a little later may help.
  virtual bool may_recover() const { return false; }
  // SLA policies and calendars that the source itself keeps, as the tables [calendars] and [[sla.policies]] of
  // deskhouse.toml; empty: none, or they are not wanted.
  virtual Result<std::string> sla_toml() { return std::string(); }
  // What a user should know before a run depends on it: rights, indexes, clocks. Changes nothing.
  virtual Result<std::vector<Finding>> examine(const config::EntityMapping&) { return std::vector<Finding>{}; }
};

}  // namespace deskhouse::sources
