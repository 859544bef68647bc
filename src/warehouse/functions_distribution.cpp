// SQL's way to core/distribution.h: what additive models keep percentiles in, and how those are asked for.
#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/distribution.h"
#include "warehouse/aggregates.h"
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

// distribution_quantile(bytes, q): the parts of a group, copied into a few large pieces of memory.
struct Parts {
  static constexpr std::size_t kSlab = 256 * 1024;
  std::vector<std::vector<char>> slabs;  // none grows: `parts` point into them
  std::vector<std::string_view> parts;
  double q = -1;

  void add(std::string_view part) {
    if (slabs.empty() || slabs.back().capacity() - slabs.back().size() < part.size())
      slabs.emplace_back().reserve(std::max(kSlab, part.size()));
    auto& slab = slabs.back();
    slab.insert(slab.end(), part.begin(), part.end());
    parts.emplace_back(slab.data() + slab.size() - part.size(), part.size());
  }
};

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
    state.add(bytes.text(i));
  }
}

void join_parts(duckdb_function_info, duckdb_aggregate_state* from, duckdb_aggregate_state* to, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    auto &source = *state_in<Parts>(from[i]), &target = *state_in<Parts>(to[i]);
    // A source may be joined to more than one target (a window's tree).
    for (const auto part : source.parts) target.add(part);
    if (target.q < 0) target.q = source.q;
  }
}

void finish_parts(duckdb_function_info info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                  idx_t offset) {
  auto* out = static_cast<double*>(duckdb_vector_get_data(result));
  for (idx_t i = 0; i < count; ++i) {
    const auto& state = *state_in<Parts>(states[i]);
    const auto quantile = state.parts.empty() ? std::nullopt : core::quantile_of(state.parts, state.q);
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

}  // namespace

Status register_distributions(void* connection, FunctionContext& context) {
  const LogicalType blob(DUCKDB_TYPE_BLOB), bigint(DUCKDB_TYPE_BIGINT), number(DUCKDB_TYPE_DOUBLE);
  DH_TRY(register_aggregate(connection, {.name = "distribution",
                                         .parameters = {bigint, bigint},
                                         .result = blob,
                                         .state = state_of<Gathered>(),
                                         .update = gather,
                                         .combine = join_gathered,
                                         .finalize = finish_gathered}));
  DH_TRY(register_aggregate(connection, {.name = "distribution_quantile",
                                         .parameters = {blob, number},
                                         .result = number,
                                         .state = state_of<Parts>(),
                                         .update = take_part,
                                         .combine = join_parts,
                                         .finalize = finish_parts}));
  return register_scalar(connection, context, "distribution_add", {blob, blob}, blob, add);
}

}  // namespace deskhouse::warehouse
