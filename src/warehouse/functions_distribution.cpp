// SQL's way to core/distribution.h: what additive models keep percentiles in, and how those are asked for.
#include <duckdb.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/distribution.h"
#include "warehouse/functions.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

using core::Occurrence;

// distribution(value, weight): a group's numbers. Many of them are folded into bytes, which are a fourth as large; few
// are sorted once, at the end.
struct Gathered {
  static constexpr std::size_t kFolded = 16384;
  std::vector<std::int64_t> once;  // most come with the weight 1
  std::vector<Occurrence> weighted;
  std::string folded;

  Status fold() {
    std::vector<Occurrence> all = std::exchange(weighted, {});
    all.reserve(all.size() + once.size());
    for (const auto value : once) all.push_back({value, 1});
    once.clear();
    once.shrink_to_fit();
    DH_TRY(core::decode_distribution(folded, all));
    DH_ASSIGN(folded, core::encode_distribution(all));
    return {};
  }
};

// distribution_quantile(bytes, q): the parts of a group.
struct Parts {
  std::vector<std::string> parts;
  double q = -1;
};

// DuckDB gives a state as memory of a pointer's size, which it moves about: the pointer is all that is in it.
template <class State>
State*& state_in(duckdb_aggregate_state state) {
  return *reinterpret_cast<State**>(state);
}

template <class State>
idx_t state_size(duckdb_function_info) {
  return sizeof(State*);
}

template <class State>
void begin(duckdb_function_info, duckdb_aggregate_state state) {
  state_in<State>(state) = new State();
}

template <class State>
void end(duckdb_aggregate_state* states, idx_t count) {
  for (idx_t i = 0; i < count; ++i) delete state_in<State>(states[i]);
}

bool failed(duckdb_function_info info, const Status& status) {
  if (!status) duckdb_aggregate_function_set_error(info, status.error().message.c_str());
  return !status;
}

void gather(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  const auto rows = duckdb_data_chunk_get_size(input);
  const auto values = column<std::int64_t>(input, 0), weights = column<std::int64_t>(input, 1);
  for (idx_t i = 0; i < rows; ++i) {
    if (!values.valid(i) || !weights.valid(i) || weights[i] == 0) continue;
    auto& gathered = *state_in<Gathered>(states[i]);
    if (weights[i] == 1)
      gathered.once.push_back(values[i]);
    else
      gathered.weighted.push_back({values[i], weights[i]});
    const auto numbers = gathered.once.size() + gathered.weighted.size();
    if (numbers >= Gathered::kFolded + gathered.folded.size() && failed(info, gathered.fold())) return;
  }
}

void join_gathered(duckdb_function_info info, duckdb_aggregate_state* from, duckdb_aggregate_state* to, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    auto &source = *state_in<Gathered>(from[i]), &target = *state_in<Gathered>(to[i]);
    target.once.insert(target.once.end(), source.once.begin(), source.once.end());
    target.weighted.insert(target.weighted.end(), source.weighted.begin(), source.weighted.end());
    if (source.folded.empty()) continue;
    if (failed(info, core::decode_distribution(source.folded, target.weighted)) || failed(info, target.fold())) return;
  }
}

void finish_gathered(duckdb_function_info info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                     idx_t offset) {
  for (idx_t i = 0; i < count; ++i) {
    auto& gathered = *state_in<Gathered>(states[i]);
    if (failed(info, gathered.fold())) return;
    duckdb_vector_assign_string_element_len(result, offset + i, gathered.folded.data(), gathered.folded.size());
  }
}

void take_part(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  const auto rows = duckdb_data_chunk_get_size(input);
  const auto bytes = column<duckdb_string_t>(input, 0);
  const auto shares = column<double>(input, 1);
  for (idx_t i = 0; i < rows; ++i) {
    if (!bytes.valid(i)) continue;
    auto& state = *state_in<Parts>(states[i]);
    if (!shares.valid(i) || !(shares[i] >= 0 && shares[i] <= 1) || (state.q >= 0 && state.q != shares[i])) {
      duckdb_aggregate_function_set_error(info, "distribution_quantile() takes one quantile from 0 to 1");
      return;
    }
    state.q = shares[i];
    state.parts.emplace_back(bytes.text(i));
  }
}

void join_parts(duckdb_function_info, duckdb_aggregate_state* from, duckdb_aggregate_state* to, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    auto &source = *state_in<Parts>(from[i]), &target = *state_in<Parts>(to[i]);
    target.parts.insert(target.parts.end(), source.parts.begin(), source.parts.end());
    if (target.q < 0) target.q = source.q;
  }
}

void finish_parts(duckdb_function_info info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                  idx_t offset) {
  auto* out = static_cast<double*>(duckdb_vector_get_data(result));
  for (idx_t i = 0; i < count; ++i) {
    const auto& state = *state_in<Parts>(states[i]);
    const std::vector<std::string_view> parts(state.parts.begin(), state.parts.end());
    const auto quantile = parts.empty() ? std::nullopt : core::quantile_of(parts, state.q);
    if (!quantile) {
      duckdb_aggregate_function_set_error(info, quantile.error().message.c_str());
      return;
    }
    if (*quantile)
      out[offset + i] = **quantile;
    else
      set_null(result, offset + i);
  }
}

// distribution_add(a, b): both together; NULL is none.
void add(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto rows = duckdb_data_chunk_get_size(input);
  const auto first = column<duckdb_string_t>(input, 0), second = column<duckdb_string_t>(input, 1);
  std::vector<Occurrence> sum;
  for (idx_t i = 0; i < rows; ++i) {
    sum.clear();
    auto status = first.valid(i) ? core::decode_distribution(first.text(i), sum) : Status();
    if (status && second.valid(i)) status = core::decode_distribution(second.text(i), sum);
    const auto bytes = status ? core::encode_distribution(sum) : std::unexpected(status.error());
    if (!bytes) {
      duckdb_scalar_function_set_error(info, bytes.error().message.c_str());
      return;
    }
    duckdb_vector_assign_string_element_len(output, i, bytes->data(), bytes->size());
  }
}

struct Aggregate {
  const char* name;
  std::initializer_list<LogicalType> parameters;
  LogicalType result;
  duckdb_aggregate_state_size size;
  duckdb_aggregate_init_t init;
  duckdb_aggregate_update_t update;
  duckdb_aggregate_combine_t combine;
  duckdb_aggregate_finalize_t finalize;
  duckdb_aggregate_destroy_t destroy;
};

Status register_aggregate(void* connection, const Aggregate& aggregate) {
  auto function = duckdb_create_aggregate_function();
  duckdb_aggregate_function_set_name(function, aggregate.name);
  for (const auto& parameter : aggregate.parameters) duckdb_aggregate_function_add_parameter(function, parameter.get());
  duckdb_aggregate_function_set_return_type(function, aggregate.result.get());
  duckdb_aggregate_function_set_special_handling(function);  // NULL is none
  duckdb_aggregate_function_set_functions(function, aggregate.size, aggregate.init, aggregate.update, aggregate.combine,
                                          aggregate.finalize);
  duckdb_aggregate_function_set_destructor(function, aggregate.destroy);
  const auto state = duckdb_register_aggregate_function(static_cast<duckdb_connection>(connection), function);
  duckdb_destroy_aggregate_function(&function);
  if (state != DuckDBSuccess)
    return fail(Error::Kind::warehouse, fmt::format("DuckDB refuses the function {}", aggregate.name));
  return {};
}

}  // namespace

Status register_distributions(void* connection, FunctionContext& context) {
  const LogicalType blob(DUCKDB_TYPE_BLOB), bigint(DUCKDB_TYPE_BIGINT), number(DUCKDB_TYPE_DOUBLE);
  DH_TRY(register_aggregate(connection, {"distribution",
                                         {bigint, bigint},
                                         blob,
                                         state_size<Gathered>,
                                         begin<Gathered>,
                                         gather,
                                         join_gathered,
                                         finish_gathered,
                                         end<Gathered>}));
  DH_TRY(register_aggregate(connection, {"distribution_quantile",
                                         {blob, number},
                                         number,
                                         state_size<Parts>,
                                         begin<Parts>,
                                         take_part,
                                         join_parts,
                                         finish_parts,
                                         end<Parts>}));
  return register_scalar(connection, context, "distribution_add", {blob, blob}, blob, add);
}

}  // namespace deskhouse::warehouse
