// deskhouse.toml as checked values. Every key is documented in keys.cpp (docs/config.md derives from it); an
// unknown key is an error with file, line and the nearest known name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "config/alerts.h"
#include "config/quality.h"
#include "config/server.h"
#include "config/stream.h"
#include "core/sla.h"

namespace deskhouse::config {

// What becomes of a source whose columns, or values, are not those of before (docs/decisions/0024).
enum class Contract {
  evolve,  // goes along: what is gone becomes NULL, what is new is recorded; a value that does not read is rejected
  freeze,  // any change of the columns stops the run before anything is loaded
  discard_row,    // a record that lacks a mapped column, or has a value that does not read, goes to quarantine
  discard_value,  // such a value becomes NULL where the field may be; it is kept in staging.discarded_values
};
std::string_view to_string(Contract contract);  // as in deskhouse.toml

// How one canonical field is filled from the raw columns. Exactly one of column, constant, template_ is set;
// none of them only where `optional` says that the source has no such field.
struct FieldMapping {
  std::string field;                  // canonical name
  std::optional<std::string> column;  // raw column, or dotted path in JSON
  std::optional<std::string> constant;
  std::optional<std::string> template_;  // "{a} / {b}", with raw columns in braces
  // Raw value -> canonical value, compared after trimming, before the null words. The raw value "" also
  // stands for NULL. The canonical value "" is NULL, but for ticket_events' assigned_to and group_id: a
  // stated nobody.
  std::vector<std::pair<std::string, std::string>> values;
  std::optional<std::string> otherwise;   // canonical value for a raw value not in `values`
  std::vector<std::string> null_words;    // in addition to the entity's
  std::vector<std::string> date_formats;  // instead of the entity's, if any
  std::optional<TimeZone> time_zone;      // instead of the entity's
  std::optional<Contract> contract;       // instead of the entity's
  bool optional = false;  // the column may be absent from the data; a required text may be empty (never an id)
  bool implicit = false;  // not in deskhouse.toml: the entity names no fields, so each is its own column
  int line = 0;           // in deskhouse.toml
};

enum class Format { automatic, csv, jsonl, parquet };

// Which records a run asks a server for (spec 6).
enum class Strategy {
  automatic,            // change if the mapping takes its change_field from a column, else full
  change,               // those changed since the last run, by the change_field
  modified_or_created,  // the same where updated_at is NULL until the first edit: created_at stands in for it
  full,                 // all
};

// How a record is found whose transaction committed after the run that read past its updated_at.
enum class Horizon {
  automatic,  // PostgreSQL: scan for a table, window for a query or a view; MySQL: window where open transactions are
              // seen
  scan,       // look at every row (PostgreSQL: at its transaction): finds all, reads the whole table
  window,     // go back to the start of the oldest transaction that was open: an index on updated_at is enough
};

// One entity of one source.
struct EntityMapping {
  std::string source;                 // name of the source
  std::string entity;                 // tickets, agents, ..., ticket_events
  std::string path;                   // files: file, folder or glob, relative to the project folder
  Format format = Format::automatic;  // automatic: from the file's name (.csv .tsv .jsonl .ndjson .parquet,
                                      // each but the last also .gz)
  std::string encoding = "utf-8";     // utf-8, latin-1, cp949, cp1252, ... (iconv's names)
  char delimiter = ',';
  char quote = '"';  // '\0': no quoting
  std::int64_t max_record_bytes = 16 << 20;
  std::vector<std::string> null_words;  // compared after trimming, case-sensitive; empty text is always NULL
  std::vector<std::string>
      date_formats;                  // strptime-like: %Y %m %d %H %M %S %f %y %b %p %I %z; "epoch_s", "epoch_ms", "iso"
  TimeZone time_zone;                // of zone-less times
  bool versions_are_history = true;  // tickets: each version of a record is an observation of its history
  bool override_zone = false;        // ignore Z or offset written in the data; time_zone is the truth
  std::vector<FieldMapping> fields;
  std::vector<std::string> custom_fields;  // raw columns kept as a JSON object
  bool keeps_unmapped = false;             // "*": every column that no field names is one of custom_fields
  std::vector<std::string>
      row_conditions;             // SQL conditions over the canonical columns; a row that breaks one is quarantined
  int row_conditions_line = 0;    // in deskhouse.toml
  std::filesystem::path project;  // folder that `path` is relative to
  std::string table, query;       // servers: exactly one of them is set
  Strategy strategy = Strategy::full;  // never automatic once read; files are always read in full
  Horizon horizon = Horizon::automatic;
  std::int64_t overlap_seconds = 300;  // read again before the watermark, and the future that a clock may be ahead
  Contract contract = Contract::evolve;
  // What the pipeline knows of the source's columns, and deskhouse.toml does not: those that it had and has no more,
  // and those that it once had, whose absence is no mistake in the mapping.
  std::vector<std::string> gone, known;
  std::optional<std::int64_t> sweep_seconds;  // how often records that are gone are looked for; none: never
  std::int64_t sweep_limit_percent = 20;      // a sweep that finds more of the known records gone is refused
  int line = 0;

  const FieldMapping* find(std::string_view field) const;  // nullptr if it is not mapped
  // What it reads from, for people: the path, the table, or "a query".
  std::string input() const { return !table.empty() ? table : !query.empty() ? "a query" : path; }
};

// The field that tells when a record was last written, by which a server's new records are found: updated_at, and
// event_at for ticket_events, whose records are written once.
std::string_view change_field(const EntityMapping& entity);

// That of a field: its own, or its entity's.
Contract contract_of(const EntityMapping& entity, const FieldMapping& field);

// Whether the input may lack a raw column: it once had it, or every field that uses it is optional. Readers give
// NULL for it.
bool may_be_absent(const EntityMapping& entity, std::string_view raw_column);

// How to reach a server. What is empty is left to the client library (service or option file, its environment, its
// defaults).
struct Server {
  std::string dsn;  // PostgreSQL: the library's own form: "host=a dbname=b" or postgresql://...; without a password
  std::string service, host, dbname, user, sslmode, sslrootcert;
  std::int64_t port = 0;      // 0: the default
  std::string password_env;   // environment variable that holds the password
  std::string password_file;  // file whose first line is the password, relative to the project folder
  std::filesystem::path project;
};

// A Freshservice account and how to use it.
struct Freshservice {
  std::string url;                      // https://ACCOUNT.freshservice.com, without a slash at the end
  std::string api_key_env;              // environment variable that holds the key
  std::string api_key_file;             // file whose first line is the key, relative to the project folder
  std::string sslrootcert;              // certificates to trust instead of the system's, relative to the project folder
  std::vector<std::string> workspaces;  // ids; "all": all that the key sees; empty: the primary one
  std::int64_t concurrency = 2;         // requests under way at once, at most
  std::int64_t retries = 6;             // of a request that fails
  std::int64_t calls_per_slice = 1000;  // of a long sync; about so many are lost if it dies
  std::int64_t timeout_seconds = 60;
  std::int64_t rate_window_seconds = 60;  // over which the server counts calls
  std::int64_t sweep_seconds = 86'400;    // between two looks at all deleted tickets
  bool use_sla_policies = false;
  bool use_business_hours = false;
  std::int64_t sla_target_unit_seconds = 1;
  std::filesystem::path project;
};

struct SourceConfig {
  std::string name;
  std::string type = "files";
  Server server;
  Freshservice freshservice;  // of that type only
  std::vector<EntityMapping> entities;
  std::int64_t every_seconds = 15 * 60;  // `deskhouse serve` reads it so often
  int line = 0;
};

struct SegmentRules {  // customer segment; the first that holds, in this order (docs/metrics.md)
  std::int64_t at_risk_csat_below_percent = 50;  // mean CSAT under this, with at least 3 answers: "At Risk"
  std::int64_t heavy_tickets = 20;               // tickets in this quarter and the three before, at least: "Heavy"
  std::int64_t dormant_quarters = 2;             // no ticket in this many calendar quarters: "Dormant"
};

struct Initiative {  // ROI of something the organization did, declared in config
  std::string name;
  Decimal cost, benefit;
};

// Of a lake: how long what is past can be looked at, and how often it is tidied up.
struct Maintenance {
  std::int64_t every_seconds = 86'400;               // by `deskhouse serve`; 0: never
  std::int64_t keep_snapshots_seconds = 7 * 86'400;  // older ones expire; the last one never does
  std::int64_t keep_files_seconds = 86'400;          // a file that nobody knows of any more may still be read so long
};

inline constexpr std::string_view kAutomatic = "auto";  // a memory limit that fits the warehouse

struct Config {
  std::filesystem::path project;  // the folder
  std::filesystem::path file;     // deskhouse.toml
  std::string name = "deskhouse";
  std::string warehouse = "deskhouse.duckdb";
  std::string lake_data = "lake";        // folder of a lake's Parquet files
  std::string memory_limit{kAutomatic};  // of the embedded database
  std::int64_t threads = 0;              // 0: all cores
  TimeZone reporting_zone;
  std::int64_t batch_size = 1000;
  std::int64_t bulk_batch_size = 8'192;
  std::int64_t staging_retention_seconds = 86'400;
  std::int64_t retention_months = 0;  // 0: tickets are kept for ever
  Maintenance maintenance;
  std::vector<SourceConfig> sources;
  StreamConfig stream;
  ServerConfig server;
  QualityRules quality;
  AlertConfig alerts;
  std::map<std::string, std::shared_ptr<const core::Calendar>> calendars;
  core::SlaPolicies sla;
  std::size_t own_policies = 0;  // of sla's, those of deskhouse.toml that are conditional; imported ones stand behind
  SegmentRules segments;
  std::vector<Initiative> initiatives;
  Decimal overhead_per_month{};         // for cost per ticket
  Decimal breach_penalty{};             // money per breached ticket
  std::vector<core::Holiday> holidays;  // reporting.holidays: is_holiday of dim_time
  std::string own_fingerprint;          // fingerprint without what add_imported_sla added
  std::string fingerprint;  // hash of all that changes the meaning of derived rows (SLA, calendars, zones, segments)
};

// The mapping of records whose columns have the names and forms of the canonical fields, as without a fields table.
EntityMapping canonical_mapping(const std::string& source, const std::string& entity);

// Reads deskhouse.toml of the folder. An error lists every problem found, one a line, each with file and
// line.
Result<Config> load(const std::filesystem::path& project_folder);
// The same of a text that is that file's, wherever it came from; touches nothing. Paths in it are of the folder.
Result<Config> parse(const std::string& text, const std::filesystem::path& project_folder);

// Puts the policies of `toml` (tables [calendars] and [[sla.policies]], from a source that keeps them) behind those of
// deskhouse.toml and before its [sla.targets], in place of what an earlier call put there; an empty text takes it away.
Status add_imported_sla(Config& config, const std::string& toml);

// The commented deskhouse.toml that `deskhouse init` writes; it loads.
std::string example_toml();
// The same for a project that reads a Freshservice: with all that is built in of it, to change.
std::string freshservice_example_toml();
// docs/config.md, from the table of keys.
std::string reference_page();

}  // namespace deskhouse::config
