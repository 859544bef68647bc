// ticket_measures(...): core::measure_ticket over vectors, and remember_history(...), which gives it the histories.
#include <vector>

#include "warehouse/functions.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

// remember_history(ticket_key, event_at, version, key, status, assigned_to, group_id): true for what is one
// observation.
void remember_history(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  thread_local std::vector<Histories::Entry> entries;
  thread_local std::vector<Histories::Texts> texts;
  entries.clear();
  texts.clear();
  const auto ticket = column<std::int64_t>(input, 0), at = column<std::int64_t>(input, 1),
             version = column<std::int64_t>(input, 2), key = column<std::int64_t>(input, 3);
  const auto status = column<duckdb_string_t>(input, 4), assigned_to = column<duckdb_string_t>(input, 5),
             group_id = column<duckdb_string_t>(input, 6);
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    out[i] = ticket.valid(i) && at.valid(i) && key.valid(i);
    if (!out[i]) continue;
    entries.push_back({ticket[i], at[i], version.valid(i) ? version[i] : 0, key[i], 0});
    texts.push_back({status.maybe_text(i), assigned_to.maybe_text(i), group_id.maybe_text(i)});
  }
  static_cast<FunctionContext*>(duckdb_scalar_function_get_extra_info(info))->histories().add(entries, texts);
}

struct TicketColumns {
  explicit TicketColumns(duckdb_data_chunk c)
      : status(column<duckdb_string_t>(c, 0)),
        priority(column<duckdb_string_t>(c, 1)),
        category(column<duckdb_string_t>(c, 2)),
        type(column<duckdb_string_t>(c, 3)),
        group_id(column<duckdb_string_t>(c, 4)),
        assigned_to(column<duckdb_string_t>(c, 5)),
        created_at(column<std::int64_t>(c, 6)),
        first_response_at(column<std::int64_t>(c, 7)),
        resolved_at(column<std::int64_t>(c, 8)),
        ended_at(column<std::int64_t>(c, 9)),
        reopen_count(column<std::int64_t>(c, 10)),
        reassignment_count(column<std::int64_t>(c, 11)),
        key(column<std::int64_t>(c, 12)) {}
  Column<duckdb_string_t> status, priority, category, type, group_id, assigned_to;
  Column<std::int64_t> created_at, first_response_at, resolved_at, ended_at, reopen_count, reassignment_count, key;

  core::TicketInput read(idx_t i) const {
    const auto time = [i](const auto& c) { return c.valid(i) ? std::optional(Timestamp{c[i]}) : std::nullopt; };
    const auto number = [i](const auto& c) { return c.valid(i) ? std::optional(c[i]) : std::nullopt; };
    const auto text = [i](const auto& c) { return c.valid(i) ? c.text(i) : std::string_view{}; };
    return {.status = text(status),
            .priority = text(priority),
            .category = text(category),
            .type = text(type),
            .group_id = text(group_id),
            .assigned_to = assigned_to.maybe_text(i),
            .created_at = Timestamp{created_at[i]},
            .first_response_at = time(first_response_at),
            .resolved_at = time(resolved_at),
            .ended_at = time(ended_at),
            .source_reopen_count = number(reopen_count),
            .source_reassignment_count = number(reassignment_count),
            .history = {}};
  }
};

constexpr const char* kMeasureNames[] = {"first_response_minutes",
                                         "resolution_hours",
                                         "business_resolution_hours",
                                         "due_at",
                                         "response_due_at",
                                         "sla_breached",
                                         "response_breached",
                                         "reopen_count",
                                         "reassignment_count",
                                         "breach_agent_id",
                                         "is_open",
                                         "breach_after",
                                         "response_breach_after"};

// Writes one field of the result struct.
template <class T, class V>
void put(duckdb_vector field, idx_t row, const std::optional<V>& value) {
  if (!value) return set_null(field, row);
  auto* data = static_cast<T*>(duckdb_vector_get_data(field));
  if constexpr (std::is_same_v<V, Timestamp>)
    data[row] = value->us;
  else
    data[row] = *value;
}

void write(duckdb_vector out, idx_t row, const core::TicketMeasures& m) {
  const auto field = [out](idx_t index) { return duckdb_struct_vector_get_child(out, index); };
  put<double>(field(0), row, m.first_response_minutes);
  put<double>(field(1), row, m.resolution_hours);
  put<double>(field(2), row, m.business_resolution_hours);
  put<std::int64_t>(field(3), row, m.due_at);
  put<std::int64_t>(field(4), row, m.response_due_at);
  put<bool>(field(5), row, m.sla_breached);
  put<bool>(field(6), row, m.response_breached);
  put<std::int64_t>(field(7), row, std::optional(m.reopen_count));
  put<std::int64_t>(field(8), row, std::optional(m.reassignment_count));
  if (m.breach_agent_id)
    duckdb_vector_assign_string_element_len(field(9), row, m.breach_agent_id->data(), m.breach_agent_id->size());
  else
    set_null(field(9), row);
  put<bool>(field(10), row, std::optional(m.is_open));
  put<std::int64_t>(field(11), row, m.breach_after);
  put<std::int64_t>(field(12), row, m.response_breach_after);
}

void ticket_measures(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  auto& context = *static_cast<FunctionContext*>(duckdb_scalar_function_get_extra_info(info));
  thread_local core::MeasureScratch scratch;
  thread_local std::vector<core::Observation> observations;
  const TicketColumns columns(input);
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    auto ticket = columns.read(i);
    observations.clear();
    if (columns.key.valid(i)) context.histories().find(columns.key[i], observations);
    ticket.history = observations;
    write(output, i, core::measure_ticket(ticket, context.policies(), context.as_of(), scratch));
  }
}

}  // namespace

Status register_measures(void* connection, FunctionContext& context) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR), bigint(DUCKDB_TYPE_BIGINT), real(DUCKDB_TYPE_DOUBLE),
      boolean(DUCKDB_TYPE_BOOLEAN), timestamp(DUCKDB_TYPE_TIMESTAMP);
  duckdb_logical_type types[] = {real.get(),    real.get(),      real.get(),     timestamp.get(), timestamp.get(),
                                 boolean.get(), boolean.get(),   bigint.get(),   bigint.get(),    text.get(),
                                 boolean.get(), timestamp.get(), timestamp.get()};
  const LogicalType result(duckdb_create_struct_type(types, const_cast<const char**>(kMeasureNames), std::size(types)));
  DH_TRY(register_scalar(connection, context, "remember_history", {bigint, timestamp, bigint, bigint, text, text, text},
                         boolean, remember_history, FunctionKind::remembers));
  return register_scalar(
      connection, context, "ticket_measures",
      {text, text, text, text, text, text, timestamp, timestamp, timestamp, timestamp, bigint, bigint, bigint}, result,
      ticket_measures);
}

}  // namespace deskhouse::warehouse
