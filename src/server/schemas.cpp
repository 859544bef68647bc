#include "server/openapi.h"

namespace deskhouse::server {

const std::string_view kSchemas = R"json({
"Problem": {"type": "object", "required": ["type", "status", "title", "detail"], "properties": {
  "type": {"type": "string"}, "status": {"type": "integer", "minimum": 400, "maximum": 599},
  "title": {"type": "string"}, "detail": {"type": "string", "description": "What to do about it"}}},
"Metric": {"type": "object", "required": ["name", "title", "formula", "unit", "good", "dimensions"], "properties": {
  "name": {"type": "string"},
  "title": {"type": "object", "required": ["en", "ko"], "properties": {"en": {"type": "string"}, "ko": {"type": "string"}}},
  "formula": {"type": "string"}, "filters": {"type": "string"}, "unit": {"type": "string"},
  "good": {"enum": ["up", "down", "none"]}, "mart": {"type": "string"}, "from": {"type": "string"},
  "time": {"type": "string", "description": "Empty: the metric is of today and has no period"},
  "value": {"type": "string"}, "where": {"type": "string"}, "dimensions": {"type": "array", "items": {"type": "string"}}}},
"Metrics": {"type": "object", "required": ["items"], "properties": {
  "items": {"type": "array", "items": {"$ref": "#/components/schemas/Metric"}}}},
"MetricRow": {"type": "object", "required": ["value"], "description": "And the dimensions of `by`", "properties": {
  "value": {"type": ["number", "null"]}, "period": {"type": "string", "format": "date", "description": "First day of the grain"}}},
"MetricValue": {"type": "object", "required": ["metric", "period", "rows", "quality"], "properties": {
  "metric": {"$ref": "#/components/schemas/Metric"},
  "period": {"description": "What the rows are of; null: all time", "oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Period"}]},
  "rows": {"type": "array", "items": {"$ref": "#/components/schemas/MetricRow"}},
  "truncated": {"type": "boolean"},
  "previous": {"type": "object", "required": ["from", "to", "rows"], "properties": {
    "from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"},
    "rows": {"type": "array", "items": {"$ref": "#/components/schemas/MetricRow"}}}},
  "quality": {"description": "How far the number can be trusted", "oneOf": [{"type": "null"},
    {"type": "object", "required": ["score", "completeness", "age_seconds"], "properties": {
      "score": {"type": "number"}, "completeness": {"type": "number"}, "age_seconds": {"type": ["integer", "null"]}}}]}}},
"Period": {"type": "object", "required": ["from", "to"], "properties": {
  "from": {"type": ["string", "null"], "format": "date"}, "to": {"type": ["string", "null"], "format": "date"}}},
"Query": {"type": "object", "required": ["sql"], "additionalProperties": false, "properties": {
  "sql": {"type": "string", "maxLength": 100000, "description": "One SELECT over operational, core, meta and the marts"},
  "params": {"type": "array", "description": "Values of $1, $2, ... or of each ?",
    "items": {"type": ["string", "number", "boolean", "null"]}},
  "format": {"enum": ["json", "csv", "parquet"], "description": "Without it as the Accept header says. In CSV a text that a spreadsheet would run as a formula has a ' in front"},
  "ttl_seconds": {"type": "integer", "minimum": 0, "maximum": 86400, "description": "How old the answer may be; 0: compute it now"},
  "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 30},
  "max_rows": {"type": "integer", "minimum": 1, "maximum": 1000000, "description": "Of JSON at most 10000"}}},
"Queries": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
  "type": "object", "required": ["id", "visitor", "peer", "what", "since", "is_running"], "properties": {
    "id": {"type": "string"}, "visitor": {"type": ["string", "null"]}, "peer": {"type": "string"}, "what": {"type": "string"},
    "since": {"type": "string", "format": "date-time"}, "is_running": {"type": "boolean"}}}}}},
"Cancelled": {"type": "object", "required": ["cancelled"], "properties": {"cancelled": {"const": true}}},
"QueryResult": {"type": "object", "required": ["columns", "rows", "truncated", "limits"], "properties": {
  "columns": {"type": "array", "items": {"type": "object", "required": ["name", "type"], "properties": {
    "name": {"type": "string"}, "type": {"type": "string", "description": "DuckDB's name of it"}}}},
  "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}},
  "truncated": {"type": "boolean", "description": "There were more rows than are given"},
  "limits": {"type": "object", "required": ["rows", "bytes", "seconds"], "properties": {
    "rows": {"type": "integer"}, "bytes": {"type": "integer"}, "seconds": {"type": "integer"}}}}},
"Tables": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
  "type": "object", "required": ["schema", "table", "column", "type", "comment"], "properties": {
    "schema": {"type": "string"}, "table": {"type": "string"}, "column": {"type": "string"}, "type": {"type": "string"},
    "comment": {"type": ["string", "null"]}}}}}},
"Ledger": {"type": "object", "required": ["source", "ticket_id", "sla_breached", "spans"], "properties": {
  "source": {"type": "string"}, "ticket_id": {"type": "string"}, "sla_breached": {"type": ["boolean", "null"]},
  "spans": {"type": "array", "items": {"type": "object", "required": ["from", "to", "kind", "minutes"], "properties": {
    "from": {"type": "string", "format": "date-time"}, "to": {"type": "string", "format": "date-time"},
    "kind": {"type": "string"}, "status": {"type": ["string", "null"]}, "minutes": {"type": "number"}}}}}},
"Records": {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {
  "type": "object", "required": ["state", "source", "run_id", "file", "record", "position", "raw"], "properties": {
    "state": {"type": "string"}, "source": {"type": "string"}, "run_id": {"type": "integer"}, "file": {"type": "string"},
    "record": {"type": "integer"}, "position": {"type": "integer"}, "raw": {"type": "string"}}}}}},
"Me": {"type": "object", "required": ["name", "has_login", "sees_personal_data"], "properties": {
  "name": {"type": ["string", "null"]}, "has_login": {"type": "boolean"}, "sees_personal_data": {"type": "boolean"}}},
"Meta": {"type": "object", "required": ["data_version", "as_of"], "properties": {
  "data_version": {"type": "integer"}, "as_of": {"type": "string", "format": "date-time"}}},
"Live": {"type": "object", "required": ["is_reading", "events", "version", "tickets", "open", "windows"], "properties": {
  "is_reading": {"type": "boolean"}, "error": {"type": ["string", "null"]}, "events": {"type": "integer"},
  "version": {"type": "integer"}, "tickets": {"type": "integer"}, "open": {"type": "integer"},
  "open_by_priority": {"type": "object", "additionalProperties": {"type": "integer"}},
  "window_seconds": {"type": "integer"}, "windows": {"type": "array", "items": {"type": "object"}}}},
"OpenApi": {"type": "object", "required": ["openapi", "paths"]}
})json";

}  // namespace deskhouse::server
