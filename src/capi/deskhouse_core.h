/* libdeskhouse_core.so: what Deskhouse does with each record - decode, standardise, validate - for other engines, such
   as the executors of a Spark cluster. It is the code that `deskhouse run` calls, so that the rows are the same, cell
   by cell. C ABI, no database, no clock, no threads of its own; tables go out by the Arrow C data interface.

   A core is of one entity of one source. Its records are read from the source's files, all of them or one share of
   several, or come as events of a topic, batch by batch; after each batch tables can be taken. Other calls than
   deskhouse_core_abi and deskhouse_core_free want a core that is used by one thread at a time; different cores know
   nothing of each other.

   Errors: every function that can fail returns NULL if it did not, else a message (UTF-8, one or more sentences), which
   the caller frees by deskhouse_core_free. No exception crosses the border. A record that cannot be used is no error:
   it is a row of the table "rejects". After an error of deskhouse_core_next the core can only be closed.

   Ownership: texts that are passed in are read during the call only. What is written through an out parameter belongs
   to the caller: a text is freed by deskhouse_core_free, an ArrowArray and an ArrowSchema by their own `release`; they
   may outlive the core. Out parameters are written only if there is no error. */
#ifndef DESKHOUSE_CORE_H
#define DESKHOUSE_CORE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The Arrow C data interface (stable ABI; https://arrow.apache.org/docs/format/CDataInterface.html). */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_NULLABLE 2
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif

#define DESKHOUSE_CORE_ABI 2
#define DESKHOUSE_CORE_API __attribute__((visibility("default")))

typedef struct deskhouse_core deskhouse_core;

typedef struct deskhouse_core_request {
  const char* config;  /* the text of deskhouse.toml */
  const char* project; /* the folder that paths in it are relative to */
  const char* source;  /* of [sources.SOURCE.ENTITY] */
  const char* entity;
  /* What a run knows of the source's columns and deskhouse.toml does not say (docs/decisions/0024): {"gone": [...],
     "known": [...], "custom_fields": [...]}, names of columns. NULL: nothing. */
  const char* columns;
  /* Records that say to be changed later are rejected: microseconds since 1970 UTC; INT64_MAX: none are. */
  int64_t latest_update_us;
} deskhouse_core_request;

/* DESKHOUSE_CORE_ABI of the library: what was compiled against another one must not call it. */
DESKHOUSE_CORE_API int32_t deskhouse_core_abi(void);

DESKHOUSE_CORE_API void deskhouse_core_free(char* text);

DESKHOUSE_CORE_API char* deskhouse_core_open(const deskhouse_core_request* request, deskhouse_core** core);
DESKHOUSE_CORE_API void deskhouse_core_close(deskhouse_core* core);

/* Begins to read the files of the entity: share `part` of `parts` (0 <= part < parts), of which each record is one's.
   Files are named by their place in the path's order, so that positions are the same whoever reads. Parquet files are
   refused: who prepares rows from Parquet has no need of this library's reader. */
DESKHOUSE_CORE_API char* deskhouse_core_open_files(deskhouse_core* core, int32_t part, int32_t parts);

/* Adds events of a topic's partition (docs/stream.md), instead of files; they are decoded at once, and
   deskhouse_core_next stages them. `place` numbers the partition among all that one transaction will publish, so that
   positions are told apart. `array`, of the type `schema`, is a record batch with "offset" (int64) and "value" (binary;
   NULL: an empty message) in the order of the offsets, which go on from call to call; both are released here, whatever
   comes of it. */
DESKHOUSE_CORE_API char* deskhouse_core_add_events(deskhouse_core* core, const char* topic, int32_t partition,
                                                   int32_t place, struct ArrowArray* array, struct ArrowSchema* schema);

/* Reads the next batch and stages it; what was staged before and not taken is forgotten. *records: how many it had; 0
   at the end, which of events is the end of what was added. */
DESKHOUSE_CORE_API char* deskhouse_core_next(deskhouse_core* core, int64_t* records);

/* A table of the latest batch, as a record batch (a struct without nulls). Each can be taken once a batch.
     "rows"      what is loaded: key, the columns of operational.<entity> (docs/tables.md), position, row_hash, and of
                 what orders versions updated_us. If rows of the entity lie apart by month, `month` (int32, yyyymm).
     "rejects"   what goes to quarantine: file, position, record, line, id, header, raw (binary), reasons (JSON), key
                 (NULL where it is not sure which record it is)
     "discards"  values that became NULL though the record was taken: file, position, id, field, value, reason, header,
                 raw (binary)
     "blocks"    the records as extracted: file, first_position, records, bytes, payload (zstd), lines (int64 each),
                 header
     "partials"  events that say a part of their record, which is no row yet: id, key, type, at_us, version, hash,
                 document (JSON). Of all events that were added since it was taken last, not of a batch. */
DESKHOUSE_CORE_API char* deskhouse_core_take(deskhouse_core* core, const char* table, struct ArrowArray* array,
                                             struct ArrowSchema* schema);

/* What was read since deskhouse_core_open_files, or of all events, as JSON: extracted, repeats (records that the next
   one repeated, which are not among the rows), bytes, fields (counts of defaults and conversions by field), unmapped,
   columns_seen (null: not known), places (of partitions of which there were events: topic, partition, offset and
   fingerprint of the last). Complete at the end. */
DESKHOUSE_CORE_API char* deskhouse_core_summary(const deskhouse_core* core, char** json);

#ifdef __cplusplus
}
#endif
#endif
