#include "config/keys.h"

#include <utility>

namespace deskhouse::config {
namespace {

using enum ValueType;

constexpr Key kKeys[] = {
    {"project.name", text, "deskhouse", "Name of the project, shown by `status` and on the dashboard."},
    {"project.warehouse", text, "deskhouse.duckdb",
     "File of the warehouse, relative to the project folder; or a lake: `ducklake:sqlite:FILE`, "
     "`ducklake:postgres:CONNECTION` (docs/lake.md)."},
    {"project.lake_data", text, "lake", "Folder of a lake's Parquet files, relative to the project folder."},
    {"project.memory_limit", text, "auto",
     "Memory of the embedded database: a number and KB, MB or GB; `auto` is 256MB, and a 48th of the warehouse's file, "
     "up to half of the machine's memory."},
    {"project.threads", integer, "0", "Threads to use; 0 means all cores."},

    {"reporting.time_zone", zone, "UTC", "Zone in which days and hours of summaries are cut."},
    {"reporting.holidays", holidays, "none", "Days that `dim_time` marks as holidays."},

    {"load.batch_size", integer, "1000", "Rows of a load batch."},
    {"load.bulk_batch_size", integer, "8192", "Rows of a load batch once a load has had ten batches."},

    {"staging.retention", duration, "1d",
     "How long raw records are kept. Quarantined ones stay until replayed or purged."},

    {"retention.months", integer, "0",
     "Tickets that have ended, with their events, time entries and surveys, are dropped once the month that they were "
     "created in is so many whole months ago; 0: they are kept for ever. `deskhouse partitions list` shows the "
     "months."},

    {"maintenance.every", text, "1d",
     "How often `deskhouse serve` tidies up a lake, as `deskhouse maintain` does; `never` where something else does."},
    {"maintenance.keep_snapshots", duration, "7d",
     "Of a lake: how far back --as-of and `deskhouse diff` reach. The last snapshot is always kept."},
    {"maintenance.keep_files", duration, "1d",
     "Of a lake: how long files that no snapshot needs any more stay for those who may still read them."},

    {"calendars.NAME.time_zone", zone, "UTC", "Zone of the opening hours."},
    {"calendars.NAME.WEEKDAY", hours, "closed",
     "Opening hours of monday, ..., sunday; `weekdays` for Monday to Friday that are not named themselves."},
    {"calendars.NAME.holidays", holidays, "none", "Days on which the calendar is closed."},

    {"sla.calendar", text, "24x7", "Calendar whose open time counts: 24x7 or one of [calendars]."},
    {"sla.stop_statuses", text_list, "Pending, Resolved, Closed", "Statuses in which the clock stands still."},
    {"sla.targets.PRIORITY.resolution", duration, "Critical 4h, High 8h, Medium 24h, Low 72h",
     "Longest time to resolve."},
    {"sla.targets.PRIORITY.response", duration, "a quarter of resolution", "Longest time to the first response."},
    {"sla.policies[].name", text, "required",
     "Name of a policy that is tried before the one above. The first that applies and has a target for the "
     "ticket's priority wins."},
    {"sla.policies[].groups", text_list, "any", "Group ids of the source to which it applies."},
    {"sla.policies[].categories", text_list, "any", "Categories to which it applies."},
    {"sla.policies[].types", text_list, "any", "Ticket types to which it applies."},
    {"sla.policies[].calendar", text, "sla.calendar", "As sla.calendar."},
    {"sla.policies[].stop_statuses", text_list, "sla.stop_statuses", "As sla.stop_statuses."},
    {"sla.policies[].targets.PRIORITY.resolution", duration, "the next policy",
     "As in sla.targets; a priority without a target falls through to the next policy."},
    {"sla.policies[].targets.PRIORITY.response", duration, "a quarter of resolution", "As in sla.targets."},

    {"segments.at_risk_csat_below_percent", integer, "50",
     "Segment At Risk: less than so many percent of the answers satisfied, of at least 3 answers."},
    {"segments.heavy_tickets", integer, "20",
     "Segment Heavy: at least so many tickets in this calendar quarter and the three before it."},
    {"segments.dormant_quarters", integer, "2", "Segment Dormant: no ticket in so many calendar quarters."},

    {"finance.overhead_per_month", amount, "0", "Cost of the desk beside logged hours, for cost per ticket."},
    {"finance.breach_penalty", amount, "0", "Money per ticket that missed its SLA."},
    {"finance.initiatives[].name", text, "required", "Something the organization did, for its return on investment."},
    {"finance.initiatives[].cost", amount, "required", "What it cost."},
    {"finance.initiatives[].benefit", amount, "required", "What it brought."},

    {"quality.missing_percent", amount, "5",
     "A required field that is empty in more percent of the records read is reported; of exactly so many it is not."},
    {"quality.missing.ENTITY.FIELD", amount, "quality.missing_percent", "The same for one field."},
    {"quality.min_sample", integer, "100",
     "Shares are judged over the latest runs that together read so many records; and days against weekdays with so "
     "many tickets in all."},
    {"quality.max_age", text, "30m",
     "A source whose newest record is older than that at the time of the run is reported; `never` for one that ends."},
    {"quality.volume_percent", amount, "50",
     "The last whole day is reported if its tickets differ by more percent from the median of the same weekdays."},
    {"quality.volume_weeks", integer, "8", "So many of the same weekdays before it."},
    {"quality.severity.NAME", text, "that of the check", "Severity of a check, by its name: warn, quarantine or fail."},
    {"quality.allowed.ENTITY.FIELD", text_list, "any", "Values that a field may have, beside none."},
    {"quality.outliers[].entity", text, "required", "Whose values are looked at (docs/checks.md)."},
    {"quality.outliers[].column", text, "required",
     "A number of the entity; of tickets also first_response_minutes, resolution_hours, business_resolution_hours."},
    {"quality.outliers[].group_by", text_list, "none", "Columns; each group is judged by its own values."},
    {"quality.outliers[].method", text, "sigma",
     "sigma: mean and standard deviation of all values; mad: median and median deviation, which outliers do not move."},
    {"quality.outliers[].threshold", amount, "3", "More sigmas, or scaled median deviations, than that are reported."},
    {"quality.outliers[].min_sample", integer, "30", "A group with fewer values is not judged."},

    {"sources.NAME.type", text, "files",
     "Kind of source: files, postgresql, mysql (which MariaDB is too) or freshservice."},
    {"sources.NAME.every", duration, "15m", "How often `deskhouse serve` reads it, from start to start."},
    {"sources.NAME.host", text, "that of the client library",
     "postgresql, mysql: name or address of the server; or the folder of its socket, for mysql the socket itself."},
    {"sources.NAME.port", integer, "5432, mysql 3306",
     "postgresql, mysql: port of the server. mysql takes localhost without it for the socket."},
    {"sources.NAME.dbname", text, "the user's name, mysql none",
     "postgresql, mysql: the database; mysql: of tables that name none."},
    {"sources.NAME.user", text, "that of the client library",
     "postgresql, mysql: who reads; needs SELECT, for mysql better also PROCESS (docs/decisions/0019)."},
    {"sources.NAME.password_env", text, "none", "postgresql, mysql: environment variable that holds the password."},
    {"sources.NAME.password_file", text, "none",
     "postgresql, mysql: file whose first line is the password, relative to the project folder."},
    {"sources.NAME.sslmode", text, "prefer",
     "postgresql, mysql: disable, allow (not mysql), prefer, require, verify-ca (mysql: with sslrootcert) or "
     "verify-full."},
    {"sources.NAME.sslrootcert", text, "that of the client library",
     "postgresql, mysql: file of the certificates that verify-ca and verify-full trust; freshservice: of those trusted "
     "instead of the system's. Relative to the project folder."},
    {"sources.NAME.service", text, "none",
     "postgresql, mysql: for what is not named here, a service of pg_service.conf, or a group of MySQL's option files "
     "(my.cnf)."},
    {"sources.NAME.dsn", text, "none",
     "postgresql: all of it in one text, \"host=db1 dbname=desk\" or postgresql://...; without the password."},
    {"sources.NAME.domain", text, "this or url", "freshservice: the account, \"acme\" or \"acme.freshservice.com\"."},
    {"sources.NAME.url", text, "this or domain",
     "freshservice: the address of the account, https://help.example.com; http only on this machine."},
    {"sources.NAME.api_key_env", text, "this or api_key_file",
     "freshservice: environment variable that holds the API key of an agent."},
    {"sources.NAME.api_key_file", text, "this or api_key_env",
     "freshservice: file whose first line is the API key, relative to the project folder."},
    {"sources.NAME.entities", text_list, "all", "freshservice: what is read; each of them has a mapping built in."},
    {"sources.NAME.workspaces", text_list, "the primary one",
     "freshservice: ids of the workspaces whose tickets are read, or \"all\"."},
    {"sources.NAME.concurrency", integer, "2", "freshservice: requests under way at once, at most 16."},
    {"sources.NAME.retries", integer, "6", "freshservice: how often a request that failed is sent again."},
    {"sources.NAME.timeout", duration, "60s", "freshservice: longest time for one request."},
    {"sources.NAME.rate_window", duration, "60s", "freshservice: time over which the server counts calls."},
    {"sources.NAME.calls_per_slice", integer, "1000",
     "freshservice: a long sync is published each time after about so many calls, and goes on from there if it dies."},
    {"sources.NAME.deleted_every", duration, "1d",
     "freshservice: how often all deleted and spam tickets are looked at; those that say when are seen at once."},
    {"sources.NAME.use_sla_policies", boolean, "false",
     "freshservice: the account's SLA policies are the targets, behind [[sla.policies]]."},
    {"sources.NAME.use_business_hours", boolean, "false",
     "freshservice: its policies count the account's business hours; else sla.calendar."},
    {"sources.NAME.sla_targets_in", text, "seconds", "freshservice: unit of its targets, seconds or minutes."},
    {"sources.NAME.ENTITY.path", text, "required for files",
     "files: file, folder or glob, relative to the project folder."},
    {"sources.NAME.ENTITY.table", text, "this or query",
     "postgresql, mysql: a table or view, \"public.tickets\"; for mysql DATABASE.TABLE, odd names in backquotes."},
    {"sources.NAME.ENTITY.query", text, "this or table", "postgresql, mysql: a SELECT whose columns are mapped."},
    {"sources.NAME.ENTITY.strategy", text, "change where updated_at comes from a column that is there, else full",
     "postgresql, mysql: change (updated_at after the last run; of ticket_events event_at), modified_or_created "
     "(created_at where updated_at is NULL; for mysql also where it is a zero date), or full."},
    {"sources.NAME.ENTITY.overlap", duration, "5m",
     "Of servers and freshservice: so much before the last run is read again, and updated_at may be so much ahead of "
     "the server's clock; later ones go to quarantine."},
    {"sources.NAME.ENTITY.horizon", text,
     "postgresql: scan for a table, window for a view or query; mysql: window, or scan where the user may not see open "
     "transactions",
     "postgresql, mysql: how rows are found that were committed late with an older updated_at. scan looks at each row "
     "and finds all: postgresql at its transaction, mysql by reading it. window goes back to the oldest transaction "
     "that was open, by an index on updated_at (docs/decisions/0018 and 0019)."},
    {"sources.NAME.ENTITY.sweep", text,
     "1d; 30d for surveys and time_entries of freshservice; never for files, and for tickets of freshservice "
     "(deleted_every)",
     "How often records that are gone are looked for, by listing the ids of all that are there; `never` where the "
     "source does not give all of them. Of files: each delivery holds all records (docs/decisions/0023). Surveys and "
     "time entries of freshservice are asked for ticket by ticket, a part in each run (docs/decisions/0020)."},
    {"sources.NAME.ENTITY.sweep_limit", integer, "20",
     "A sweep that finds more percent of the known records gone is refused until `run --sweep --accept-deletes`."},
    {"sources.NAME.ENTITY.contract", text, "evolve",
     "What becomes of a change of the source's columns: evolve, freeze, discard_row or discard_value "
     "(docs/decisions/0024)."},
    {"sources.NAME.ENTITY.format", text, "automatic",
     "files: csv, jsonl or parquet; automatic: from the file's name (.csv .tsv .jsonl .ndjson .parquet, each but "
     "the last also .gz)."},
    {"sources.NAME.ENTITY.encoding", text, "utf-8", "files: encoding of the text: utf-8, latin-1, cp949, cp1252, ..."},
    {"sources.NAME.ENTITY.delimiter", text, "\",\", or a tab for .tsv", "files: one character between fields."},
    {"sources.NAME.ENTITY.quote", text, "\"\\\"\"", "files: one character around fields; empty: quotes mean nothing."},
    {"sources.NAME.ENTITY.max_record_bytes", integer, "16777216", "A longer record is cut and goes to quarantine."},
    {"sources.NAME.ENTITY.null_words", text_list, "none",
     "Words that mean NULL, compared after trimming. Empty text always does."},
    {"sources.NAME.ENTITY.date_formats", text_list, "iso",
     "Formats of date-times, tried in order: iso, epoch_s, epoch_ms, or a pattern of %Y %y %m %d %b %H %I %p "
     "%M %S %f %z."},
    {"sources.NAME.ENTITY.time_zone", zone, "UTC", "Zone of date-times that name none."},
    {"sources.NAME.ENTITY.override_zone", boolean, "false",
     "Ignore a Z or offset in the data: time_zone is the truth."},
    {"sources.NAME.ENTITY.custom_fields", text_list, "none",
     "Raw columns kept as one JSON object of texts, in tickets.custom_fields; \"*\": every column that nothing else "
     "names."},
    {"sources.NAME.ENTITY.row_conditions", text_list, "none",
     "SQL conditions over the canonical columns; a row that breaks one goes to quarantine: \"length(subject) "
     "< 500\"."},
    {"sources.NAME.ENTITY.history", text, "versions",
     "tickets: versions, if each version of a record tells the history of its ticket, beside ticket_events; events, if "
     "ticket_events tell all of it (docs/decisions/0027)."},
    {"sources.NAME.ENTITY.version", text, "none",
     "Column of a modification counter that orders versions with the same updated_at; short for "
     "fields.version."},
    {"sources.NAME.ENTITY.fields.FIELD", field,
     "without a fields table: the column of the same name; freshservice: what is built in",
     "The raw column of a canonical field (docs/tables.md), a dotted path in JSON; or a table of the keys "
     "below."},
    {"sources.NAME.ENTITY.fields.FIELD.column", text, "none", "The raw column."},
    {"sources.NAME.ENTITY.fields.FIELD.constant", scalar, "none",
     "The same value for every record, instead of a column."},
    {"sources.NAME.ENTITY.fields.FIELD.template", text, "none",
     "Text with raw columns in braces, instead of a column: \"{category} / {subcategory}\"; NULL if all of "
     "them are."},
    {"sources.NAME.ENTITY.fields.FIELD.values", text_map, "none",
     "Raw value to canonical value. The raw value \"\" stands for empty and NULL."},
    {"sources.NAME.ENTITY.fields.FIELD.otherwise", scalar, "none",
     "Canonical value of a raw value that `values` does not name; counted as a default."},
    {"sources.NAME.ENTITY.fields.FIELD.null_words", text_list, "none", "More words that mean NULL in this field."},
    {"sources.NAME.ENTITY.fields.FIELD.date_formats", text_list, "those of the entity",
     "Formats of this field, instead of the entity's."},
    {"sources.NAME.ENTITY.fields.FIELD.time_zone", zone, "that of the entity",
     "Zone of this field, instead of the entity's."},
    {"sources.NAME.ENTITY.fields.FIELD.contract", text, "that of the entity",
     "What becomes of a change of the columns that fill this field, and of values that do not read: evolve, freeze, "
     "discard_row or discard_value (docs/decisions/0024)."},
    {"sources.NAME.ENTITY.fields.FIELD.optional", boolean, "false",
     "The source may lack it: the column may be absent, and a required text is then empty."},

    {"server.certificate", text, "none",
     "PEM file of the certificate, and those between it and its root, for HTTPS; relative to the project folder. Read "
     "again on SIGHUP."},
    {"server.key", text, "none", "PEM file of its key."},
    {"server.login", text, "remote",
     "Who must sign in: remote, if others than this machine are listened to; always, on this machine too. "
     "`deskhouse users` says who may."},
    {"server.audit", boolean, "true",
     "Whether who asked what is kept, in deskhouse.audit.jsonl, where there is a login."},

    {"stream.brokers", text, "none", "Kafka brokers to begin with, host:port, several with commas between."},
    {"stream.source", text, "the only source, else desk",
     "The source whose records events are about; its mappings read them, so that batch and stream give the same rows."},
    {"stream.group", text, "deskhouse", "Consumer group under which the brokers show how far the stream was read."},
    {"stream.dead_letters", text, "none", "Topic to which events that went to quarantine are sent too."},
    {"stream.latency", text, "normal",
     "low: rows are visible within some tens of milliseconds, and models and marts follow within stream.settle_every."},
    {"stream.max_rows", integer, "50000", "A micro-batch ends with so many events at most."},
    {"stream.catch_up_rows", integer, "2000000",
     "While the stream is behind, a micro-batch goes on to about so many events, whatever their bytes and the time."},
    {"stream.max_bytes", integer, "33554432", "A micro-batch ends with so many bytes of events."},
    {"stream.max_wait_ms", integer, "200, or 2",
     "A micro-batch ends so many milliseconds after its first event (2: stream.latency is low)."},
    {"stream.settle_every", duration, "10s, or 30s",
     "How long what micro-batches leave may wait while events come (30s: stream.latency is low); it follows at once "
     "when "
     "none do."},
    {"stream.late_after", duration, "5m",
     "Live metrics: a window takes events until so long after its end; later ones are a correction."},
    {"stream.password_env", text, "none", "Environment variable that holds the password of SASL."},
    {"stream.properties.NAME", scalar, "none",
     "Property of the client library (librdkafka): \"security.protocol\" = \"SASL_SSL\"."},
    {"stream.spark.master", text, "none",
     "spark://HOST:PORT: this Spark cluster reads, decodes and validates the events (docs/spark.md)."},
    {"stream.spark.trigger", duration, "10s", "From the beginning of a micro-batch of Spark to that of the next."},
    {"stream.spark.conf.NAME", scalar, "none", "Setting of Spark, as of spark-submit --conf: \"spark.cores.max\" = 8."},
    {"stream.topics.NAME.entity", text, "tickets",
     "Topic to read, and what its events are about; without any: ticket-events."},
    {"stream.topics.NAME.source", text, "stream.source", "As stream.source, for this topic."},

    {"alerting.enabled", boolean, "true", "Whether rules are looked at: after each run, and by `serve` and `stream`."},
    {"alerting.every", duration, "30s", "How often `deskhouse serve` and `deskhouse stream` look."},
    {"alerting.channels", text_list, "all", "Where alerts go whose rule names no channels."},
    {"alerting.cool_down", duration, "4h", "An alert that goes on is said again after so long."},
    {"alerts.NAME.enabled", boolean, "true",
     "Whether the rule is looked at. NAME is one of yours, or of the built-in ones (docs/alerts.md) to change it."},
    {"alerts.NAME.metric", text, "this or sql", "What it looks at: a name of docs/alerts.md."},
    {"alerts.NAME.sql", text, "this or metric",
     "What it looks at: a SELECT that gives `value`, or NULL or no row for nothing; its other columns tell its rows "
     "apart, and `detail` is shown."},
    {"alerts.NAME.comparison", text, ">", "When it is an alarm: value > >= < <= = != threshold."},
    {"alerts.NAME.threshold", scalar, "required, but for built-in rules",
     "A number in the unit of the metric, or a duration such as \"30m\" for seconds."},
    {"alerts.NAME.for", duration, "at once", "It fires after so long without a break."},
    {"alerts.NAME.resolve_after", duration, "at once", "It is resolved after it was well for so long."},
    {"alerts.NAME.severity", text, "warning", "info, warning or critical."},
    {"alerts.NAME.channels", text_list, "alerting.channels", "Where it goes."},
    {"alerts.NAME.cool_down", duration, "alerting.cool_down", "It is said again after so long."},
    {"alerts.NAME.labels", text_map, "all",
     "Only what has these labels, * and ? as in file names: { source = \"desk\" }."},
    {"alerts.NAME.summary", text, "that of the built-in rule", "A sentence for those who read the alert."},
    {"channels.NAME.type", text, "required", "log, webhook, slack (and what understands it), alertmanager or email."},
    {"channels.NAME.min_severity", text, "info", "What is less severe is not sent."},
    {"channels.NAME.url", text, "one of url, url_env, url_file",
     "webhook, slack, alertmanager: address that is posted to; of Alertmanager that of its API, .../api/v2/alerts."},
    {"channels.NAME.url_env", text, "none",
     "The same in an environment variable, where the address is itself a secret."},
    {"channels.NAME.url_file", text, "none", "The same as the first line of a file, relative to the project folder."},
    {"channels.NAME.secret_env", text, "none",
     "webhook: environment variable of the secret that signs what is sent, as standardwebhooks.com says."},
    {"channels.NAME.secret_file", text, "none", "webhook: the same as the first line of a file."},
    {"channels.NAME.token_env", text, "none",
     "webhook, slack, alertmanager: environment variable of a token that is sent as Authorization: Bearer."},
    {"channels.NAME.token_file", text, "none", "The same as the first line of a file."},
    {"channels.NAME.host", text, "required for email", "email: the mail server that takes the mail."},
    {"channels.NAME.port", integer, "587, implicit 465", "email: its port."},
    {"channels.NAME.tls", text, "starttls",
     "email: starttls (refused where the server has none), implicit, or none, in one's own network without a "
     "password."},
    {"channels.NAME.user", text, "none", "email: who sends."},
    {"channels.NAME.password_env", text, "none", "email: environment variable that holds the password."},
    {"channels.NAME.password_file", text, "none", "email: file whose first line is the password."},
    {"channels.NAME.from", text, "required for email", "email: address of the sender."},
    {"channels.NAME.to", text_list, "required for email", "email: addresses of those who get it."},
    {"channels.NAME.allow_private", boolean, "false",
     "Whether the server may have an address of this machine or of a private network."},
    {"channels.NAME.sslrootcert", text, "those of the system",
     "File of the certificates that are trusted instead, relative to the project folder."},
    {"channels.NAME.timeout", duration, "10s", "Longest time for one message."},
    {"monitoring.stages.NAME.time_max", duration, "none",
     "A run in which the stage NAME (extract, transform, load, publish, models, checks) takes longer alerts."},
    {"monitoring.stages.NAME.rows_per_second_min", integer, "none",
     "A run in which the stage is slower alerts; stages of less than 1,000 rows are not judged."},
    {"monitoring.stages.NAME.errors_max", integer, "none", "A run in which the stage refuses more records alerts."},
};

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

std::string_view describe(ValueType type) {
  switch (type) {
    case text:
      return "text";
    case text_list:
      return "a list of texts";
    case text_map:
      return "a table of raw value = canonical value";
    case scalar:
      return "text, a number or a boolean";
    case integer:
      return "a whole number";
    case boolean:
      return "true or false";
    case amount:
      return "a number with at most four decimals";
    case duration:
      return "a duration such as \"90s\", \"5m\", \"12h\" or \"1d\"";
    case zone:
      return "a time zone such as \"Europe/Amsterdam\" or \"+09:00\"";
    case hours:
      return "a list of opening hours such as [\"09:00-12:00\", \"13:00-18:00\"]";
    case holidays:
      return "a list of days such as [\"2024-05-05\", \"--12-25\"] (-- for every year)";
    case field:
      return "the name of a raw column, or a table";
  }
  std::unreachable();
}

}  // namespace deskhouse::config
