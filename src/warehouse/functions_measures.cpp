// ticket_measures(...): core::measure_ticket over vectors. The history comes as an unordered list of structs and is
// sorted here, by (event_at, version, key), which is cheaper than an ordered aggregate.
#include <algorithm>
#include <tuple>
#include <vector>

#include "warehouse/functions.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

struct Event {
  std::int64_t at, version, key;
  core::Observation observation;
};

// The children of history's element struct.
struct HistoryColumns {
  explicit HistoryColumns(duckdb_vector list)
      : entries(list), element(duckdb_list_vector_get_child(list)), event_at(child(0)), version(child(1)), key(child(2)),
        status(child(3)), assigned_to(child(4)), group_id(child(5)) {}
  duckdb_vector child(idx_t index) const { return duckdb_struct_vector_get_child(element, index); }
  Column<duckdb_list_entry> entries;
  duckdb_vector element;
  Column<std::int64_t> event_at, version, key;
  Column<duckdb_string_t> status, assigned_to, group_id;

  void read(idx_t row, std::vector<Event>& events, std::vector<core::Observation>& out) const {
    out.clear();
    events.clear();
    if (!entries.valid(row)) return;
    const auto entry = entries[row];
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i)
      events.push_back({event_at[i], version.valid(i) ? version[i] : 0, key[i],
                        {Timestamp{event_at[i]}, status.maybe_text(i), assigned_to.maybe_text(i), group_id.maybe_text(i)}});
    const auto order = [](const Event& e) { return std::tie(e.at, e.version, e.key); };
    std::ranges::sort(events, {}, order);
    for (const auto& event : events) out.push_back(event.observation);
  }
};

struct TicketColumns {
  explicit TicketColumns(duckdb_data_chunk c)
      : status(column<duckdb_string_t>(c, 0)), priority(column<duckdb_string_t>(c, 1)), category(column<duckdb_string_t>(c, 2)),
        type(column<duckdb_string_t>(c, 3)), group_id(column<duckdb_string_t>(c, 4)), assigned_to(column<duckdb_string_t>(c, 5)),
        created_at(column<std::int64_t>(c, 6)), first_response_at(column<std::int64_t>(c, 7)), resolved_at(column<std::int64_t>(c, 8)),
        reopen_count(column<std::int64_t>(c, 9)), reassignment_count(column<std::int64_t>(c, 10)), history(duckdb_data_chunk_get_vector(c, 11)) {}
  Column<duckdb_string_t> status, priority, category, type, group_id, assigned_to;
  Column<std::int64_t> created_at, first_response_at, resolved_at, reopen_count, reassignment_count;
  HistoryColumns history;

  core::TicketInput read(idx_t i) const {
    const auto time = [i](const auto& c) { return c.valid(i) ? std::optional(Timestamp{c[i]}) : std::nullopt; };
    const auto number = [i](const auto& c) { return c.valid(i) ? std::optional(c[i]) : std::nullopt; };
    const auto text = [i](const auto& c) { return c.valid(i) ? c.text(i) : std::string_view{}; };
    return {.status = text(status), .priority = text(priority), .category = text(category), .type = text(type),
            .group_id = text(group_id), .assigned_to = assigned_to.maybe_text(i), .created_at = Timestamp{created_at[i]},
            .first_response_at = time(first_response_at), .resolved_at = time(resolved_at),
            .source_reopen_count = number(reopen_count), .source_reassignment_count = number(reassignment_count), .history = {}};
  }
};

constexpr const char* kMeasureNames[] = {"first_response_minutes", "resolution_hours", "business_resolution_hours", "due_at",
                                         "response_due_at", "sla_breached", "response_breached", "reopen_count",
                                         "reassignment_count", "breach_agent_id", "is_open", "breach_after", "response_breach_after"};

// Writes one field of the result struct.
template <class T, class V>
void put(duckdb_vector field, idx_t row, const std::optional<V>& value) {
  if (!value) return set_null(field, row);
  auto* data = static_cast<T*>(duckdb_vector_get_data(field));
  if constexpr (std::is_same_v<V, Timestamp>) data[row] = value->us;
  else data[row] = *value;
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
  if (m.breach_agent_id) duckdb_vector_assign_string_element_len(field(9), row, m.breach_agent_id->data(), m.breach_agent_id->size());
  else set_null(field(9), row);
  put<bool>(field(10), row, std::optional(m.is_open));
  put<std::int64_t>(field(11), row, m.breach_after);
  put<std::int64_t>(field(12), row, m.response_breach_after);
}

void ticket_measures(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& context = *static_cast<FunctionContext*>(duckdb_scalar_function_get_extra_info(info));
  thread_local core::MeasureScratch scratch;
  thread_local std::vector<Event> events;
  thread_local std::vector<core::Observation> observations;
  const TicketColumns columns(input);
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    auto ticket = columns.read(i);
    columns.history.read(i, events, observations);
    ticket.history = observations;
    write(output, i, core::measure_ticket(ticket, context.policies(), context.as_of(), scratch));
  }
}

}  // namespace

Status register_measures(void* connection, FunctionContext& context) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR), bigint(DUCKDB_TYPE_BIGINT), real(DUCKDB_TYPE_DOUBLE), boolean(DUCKDB_TYPE_BOOLEAN),
      timestamp(DUCKDB_TYPE_TIMESTAMP);
  duckdb_logical_type event_types[] = {timestamp.get(), bigint.get(), bigint.get(), text.get(), text.get(), text.get()};
  const char* event_names[] = {"event_at", "version", "key", "status", "assigned_to", "group_id"};
  const LogicalType event(duckdb_create_struct_type(event_types, event_names, 6));
  const LogicalType history(duckdb_create_list_type(event.get()));
  duckdb_logical_type types[] = {real.get(), real.get(), real.get(), timestamp.get(), timestamp.get(), boolean.get(),
                                 boolean.get(), bigint.get(), bigint.get(), text.get(), boolean.get(), timestamp.get(), timestamp.get()};
  const LogicalType result(duckdb_create_struct_type(types, const_cast<const char**>(kMeasureNames), std::size(types)));
  return register_scalar(connection, context, "ticket_measures",
                         {text, text, text, text, text, text, timestamp, timestamp, timestamp, bigint, bigint, history}, result,
                         ticket_measures);
}

}  // namespace deskhouse::warehouse
