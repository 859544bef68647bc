// SQL's way to core/contacts.h.
#include <duckdb.h>

#include <vector>

#include "core/contacts.h"
#include "warehouse/aggregates.h"
#include "warehouse/functions.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

struct Contacts {
  std::vector<core::Contact> contacts;
  std::int64_t days = 0;
};

// count_repeats(requester, topic, at, counts, days)
void gather(duckdb_function_info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  const auto rows = duckdb_data_chunk_get_size(input);
  const auto requesters = column<std::int64_t>(input, 0);
  const auto topics = column<std::int64_t>(input, 1), at = column<std::int64_t>(input, 2);
  const auto counts = column<bool>(input, 3);
  const auto days = column<std::int64_t>(input, 4);
  for (idx_t i = 0; i < rows; ++i) {
    if (!requesters.valid(i) || !topics.valid(i) || !at.valid(i) || !counts.valid(i) || !days.valid(i)) continue;
    auto& state = *state_in<Contacts>(states[i]);
    state.contacts.push_back({requesters[i], topics[i], Timestamp{at[i]}, counts[i]});
    state.days = days[i];
  }
}

void join(duckdb_function_info, duckdb_aggregate_state* from, duckdb_aggregate_state* to, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    auto &source = *state_in<Contacts>(from[i]), &target = *state_in<Contacts>(to[i]);
    target.contacts.insert(target.contacts.end(), source.contacts.begin(), source.contacts.end());
    if (!source.contacts.empty()) target.days = source.days;
  }
}

void finish(duckdb_function_info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count, idx_t offset) {
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(result));
  for (idx_t i = 0; i < count; ++i) {
    auto& state = *state_in<Contacts>(states[i]);
    out[offset + i] = core::count_repeats(state.contacts, state.days * kMicrosPerDay);
  }
}

}  // namespace

Status register_contacts(void* connection) {
  const LogicalType bigint(DUCKDB_TYPE_BIGINT), timestamp(DUCKDB_TYPE_TIMESTAMP), boolean(DUCKDB_TYPE_BOOLEAN);
  return register_aggregate(connection, {.name = "count_repeats",
                                         .parameters = {bigint, bigint, timestamp, boolean, bigint},
                                         .result = bigint,
                                         .state = state_of<Contacts>(),
                                         .update = gather,
                                         .combine = join,
                                         .finalize = finish});
}

}  // namespace deskhouse::warehouse
