// Aggregate functions for DuckDB, whose state is an object of ours. Private to src/warehouse.
#pragma once

#include <duckdb.h>

#include <initializer_list>

#include "base/result.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

// DuckDB gives a state as memory of a pointer's size, which it moves about: the pointer is all that is in it.
template <class State>
State*& state_in(duckdb_aggregate_state state) {
  return *reinterpret_cast<State**>(state);
}

struct AggregateState {
  duckdb_aggregate_state_size size;
  duckdb_aggregate_init_t init;
  duckdb_aggregate_destroy_t destroy;
};

template <class State>
AggregateState state_of() {
  return {.size = [](duckdb_function_info) -> idx_t { return sizeof(State*); },
          .init = [](duckdb_function_info, duckdb_aggregate_state state) { state_in<State>(state) = new State(); },
          .destroy =
              [](duckdb_aggregate_state* states, idx_t count) {
                for (idx_t i = 0; i < count; ++i) delete state_in<State>(states[i]);
              }};
}

struct Aggregate {
  const char* name;
  std::initializer_list<LogicalType> parameters;
  LogicalType result;
  AggregateState state;
  duckdb_aggregate_update_t update;
  duckdb_aggregate_combine_t combine;
  duckdb_aggregate_finalize_t finalize;
};

// The function sees rows with NULLs, too. Defined in functions.cpp.
Status register_aggregate(void* connection, const Aggregate& aggregate);

}  // namespace deskhouse::warehouse
