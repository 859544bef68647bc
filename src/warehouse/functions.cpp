#include "warehouse/functions.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/keys.h"
#include "core/money.h"
#include "warehouse/aggregates.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

// Positions are keys too, and they are consecutive: mix before taking bits.
std::uint64_t spread(std::int64_t key) {
  auto hash = static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 32);
}

}  // namespace

KeySet::KeySet(std::span<const std::int64_t> keys) {
  const auto capacity = std::bit_ceil(std::max<std::size_t>(16, keys.size() * 2));
  slots_.assign(capacity, 0);
  slot_mask_ = capacity - 1;
  filter_.assign(std::max<std::size_t>(1, capacity / 8), 0);  // 64/8 = 8 bits a slot, 16 a key or more
  filter_mask_ = filter_.size() * 64 - 1;
  for (const auto key : keys) {
    if (key == 0) {
      size_ += has_zero_ ? 0 : 1;
      has_zero_ = true;
      continue;
    }
    const auto hash = spread(key);
    filter_[(hash & filter_mask_) >> 6] |= 1ULL << (hash & 63);
    auto slot = (hash >> 24) & slot_mask_;
    while (slots_[slot] != 0 && slots_[slot] != key) slot = (slot + 1) & slot_mask_;
    if (slots_[slot] == 0) ++size_;
    slots_[slot] = key;
  }
}

bool KeySet::contains(std::int64_t key) const {
  if (key == 0) return has_zero_;
  const auto hash = spread(key);
  if ((filter_[(hash & filter_mask_) >> 6] >> (hash & 63) & 1) == 0) return false;
  for (auto slot = (hash >> 24) & slot_mask_; slots_[slot] != 0; slot = (slot + 1) & slot_mask_)
    if (slots_[slot] == key) return true;
  return false;
}

PlaceSet::PlaceSet(std::vector<std::int64_t> places) : places_(std::move(places)) {
  std::ranges::sort(places_);
}

void PlaceSet::mark(std::span<const std::int64_t> rowids, bool* is_in) const {
  std::fill_n(is_in, rowids.size(), false);
  if (rowids.empty()) return;
  if (rowids.back() - rowids.front() + 1 == std::ssize(rowids)) {  // as a scan brings them, but for deleted rows
    for (auto at = std::ranges::lower_bound(places_, rowids.front()); at != places_.end() && *at <= rowids.back(); ++at)
      is_in[*at - rowids.front()] = true;
    return;
  }
  auto at = std::ranges::lower_bound(places_, rowids.front());
  for (std::size_t i = 0; i < rowids.size(); ++i) {
    if (i > 0 && rowids[i] < rowids[i - 1]) at = std::ranges::lower_bound(places_, rowids[i]);
    while (at != places_.end() && *at < rowids[i]) ++at;
    is_in[i] = at != places_.end() && *at == rowids[i];
  }
}

SeenKeys::SeenKeys(std::int64_t keys)
    : bits_(std::bit_ceil(static_cast<std::size_t>(std::max<std::int64_t>(keys, 64)) * 16) / 64) {}

bool SeenKeys::seen_before(std::int64_t key) {
  const auto bit = spread(key) >> 16 & (bits_.size() * 64 - 1);
  const auto mask = 1ULL << (bit & 63);
  return (bits_[bit >> 6].fetch_or(mask, std::memory_order_relaxed) & mask) != 0;
}

int FunctionContext::add_set(std::span<const std::int64_t> keys) {
  sets_.push_back(std::make_unique<KeySet>(keys));
  return static_cast<int>(sets_.size()) - 1;
}

const KeySet* FunctionContext::set(int id) const {
  DH_ASSERT(id >= 0 && static_cast<std::size_t>(id) < sets_.size() && sets_[static_cast<std::size_t>(id)],
            "in_changed names a registered set");
  return sets_[static_cast<std::size_t>(id)].get();
}

void FunctionContext::drop_set(int id) {
  DH_ASSERT(set(id) != nullptr, "a set is dropped once");
  sets_[static_cast<std::size_t>(id)].reset();
}

std::string LocalSets::in(std::span<const std::int64_t> keys, std::string_view column) {
  return fmt::format("in_changed({}, {})", add(keys), column);
}

int FunctionContext::add_places(std::vector<std::int64_t> places) {
  place_sets_.push_back(std::make_unique<PlaceSet>(std::move(places)));
  return static_cast<int>(place_sets_.size()) - 1;
}

const PlaceSet* FunctionContext::places(int id) const {
  DH_ASSERT(id >= 0 && static_cast<std::size_t>(id) < place_sets_.size(), "in_places names a registered set");
  return place_sets_[static_cast<std::size_t>(id)].get();
}

void FunctionContext::collect(std::span<const PlaceEntry> entries) {
  const std::lock_guard lock(collecting_);
  DH_ASSERT(collected_ != nullptr, "places are collected before remember_place() is asked");
  collected_->insert(collected_->end(), entries.begin(), entries.end());
}

namespace {

FunctionContext& context_of(duckdb_function_info info) {
  return *static_cast<FunctionContext*>(duckdb_scalar_function_get_extra_info(info));
}

void in_changed(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto rows = duckdb_data_chunk_get_size(input);
  const auto ids = column<std::int32_t>(input, 0);
  const auto keys = column<std::int64_t>(input, 1);
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  if (rows == 0) return;
  const auto* set = context_of(info).set(ids[0]);
  for (idx_t i = 0; i < rows; ++i) out[i] = keys.valid(i) && set->contains(keys[i]);
}

void in_places(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto rows = duckdb_data_chunk_get_size(input);
  if (rows == 0) return;
  const auto ids = column<std::int32_t>(input, 0);
  const auto rowids = column<std::int64_t>(input, 1);
  context_of(info).places(ids[0])->mark({&rowids[0], rows}, static_cast<bool*>(duckdb_vector_get_data(output)));
}

void remember_place(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto keys = column<std::int64_t>(input, 0), rowids = column<std::int64_t>(input, 1);
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  std::vector<PlaceEntry> entries;
  const auto rows = duckdb_data_chunk_get_size(input);
  entries.reserve(rows);
  for (idx_t i = 0; i < rows; ++i) {
    out[i] = false;
    if (keys.valid(i)) entries.push_back({keys[i], rowids[i]});
  }
  context_of(info).collect(entries);
}

void seen_before(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto keys = column<std::int64_t>(input, 0);
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  auto* seen = context_of(info).seen();
  DH_ASSERT(seen != nullptr, "keys are expected before seen_before() is asked");
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i)
    out[i] = keys.valid(i) && seen->seen_before(keys[i]);
}

void surrogate_key(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const auto source = column<duckdb_string_t>(input, 0), id = column<duckdb_string_t>(input, 1);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    if (source.valid(i) && id.valid(i))
      out[i] = natural_key(source.text(i), id.text(i));
    else
      set_null(output, i);
  }
}

void dimension_version_key(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const auto natural = column<std::int64_t>(input, 0), from = column<std::int64_t>(input, 1);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    if (natural.valid(i) && from.valid(i))
      out[i] = version_key(natural[i], Timestamp{from[i]});
    else
      set_null(output, i);
  }
}

void reporting_date(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto at = column<std::int64_t>(input, 0);
  const auto& zone = context_of(info).reporting_zone();
  auto* out = static_cast<std::int32_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    if (at.valid(i))
      out[i] = static_cast<std::int32_t>(floor_div(zone.to_local(Timestamp{at[i]}), kMicrosPerDay));
    else
      set_null(output, i);
  }
}

void reporting_hour(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto at = column<std::int64_t>(input, 0);
  const auto& zone = context_of(info).reporting_zone();
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    if (at.valid(i))
      out[i] = floor_div(zone.to_local(Timestamp{at[i]}), kMicrosPerHour) * kMicrosPerHour;
    else
      set_null(output, i);
  }
}

// book_value(method, cost, salvage_value, useful_life_months, months)
void book_value(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const auto method = column<duckdb_string_t>(input, 0);
  const auto cost = column<std::int64_t>(input, 1), salvage = column<std::int64_t>(input, 2);
  const auto life = column<std::int64_t>(input, 3), months = column<std::int64_t>(input, 4);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  const auto decimal = [](const auto& c, idx_t i) { return c.valid(i) ? std::optional(Decimal{c[i]}) : std::nullopt; };
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    const auto value =
        core::book_value(method.maybe_text(i), decimal(cost, i), decimal(salvage, i),
                         life.valid(i) ? std::optional(life[i]) : std::nullopt, months.valid(i) ? months[i] : 0);
    if (value)
      out[i] = value->units;
    else
      set_null(output, i);
  }
}

// labour_cost(minutes, hourly_rate)
void labour_cost(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto minutes = column<std::int64_t>(input, 0), rates = column<std::int64_t>(input, 1);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0, rows = duckdb_data_chunk_get_size(input); i < rows; ++i) {
    if (!minutes.valid(i) || !rates.valid(i)) {
      set_null(output, i);
      continue;
    }
    const Decimal worked{minutes[i]}, rate{rates[i]};
    const auto cost = core::labour_cost(worked, rate);
    if (!cost) {
      const auto message = fmt::format("{} minutes at {} an hour cost more than DECIMAL(18,4) holds", to_string(worked),
                                       to_string(rate));
      duckdb_scalar_function_set_error(info, message.c_str());
      return;
    }
    out[i] = cost->units;
  }
}

}  // namespace

Status register_scalar(void* connection, FunctionContext& context, const char* name,
                       std::initializer_list<LogicalType> parameters, const LogicalType& result,
                       duckdb_scalar_function_t function, FunctionKind kind) {
  auto scalar = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(scalar, name);
  for (const auto& parameter : parameters) duckdb_scalar_function_add_parameter(scalar, parameter.get());
  duckdb_scalar_function_set_return_type(scalar, result.get());
  duckdb_scalar_function_set_special_handling(scalar);  // NULL arguments reach us: they have a meaning of their own
  if (kind == FunctionKind::remembers) duckdb_scalar_function_set_volatile(scalar);
  duckdb_scalar_function_set_extra_info(scalar, &context, nullptr);
  duckdb_scalar_function_set_function(scalar, function);
  const auto state = duckdb_register_scalar_function(static_cast<duckdb_connection>(connection), scalar);
  duckdb_destroy_scalar_function(&scalar);
  if (state != DuckDBSuccess) return fail(Error::Kind::warehouse, fmt::format("DuckDB refuses the function {}", name));
  return {};
}

Status register_aggregate(void* connection, const Aggregate& aggregate) {
  auto function = duckdb_create_aggregate_function();
  duckdb_aggregate_function_set_name(function, aggregate.name);
  for (const auto& parameter : aggregate.parameters) duckdb_aggregate_function_add_parameter(function, parameter.get());
  duckdb_aggregate_function_set_return_type(function, aggregate.result.get());
  duckdb_aggregate_function_set_special_handling(function);
  duckdb_aggregate_function_set_functions(function, aggregate.state.size, aggregate.state.init, aggregate.update,
                                          aggregate.combine, aggregate.finalize);
  duckdb_aggregate_function_set_destructor(function, aggregate.state.destroy);
  const auto state = duckdb_register_aggregate_function(static_cast<duckdb_connection>(connection), function);
  duckdb_destroy_aggregate_function(&function);
  if (state != DuckDBSuccess)
    return fail(Error::Kind::warehouse, fmt::format("DuckDB refuses the function {}", aggregate.name));
  return {};
}

Status register_functions(void* connection, FunctionContext& context) {
  const LogicalType text(DUCKDB_TYPE_VARCHAR), bigint(DUCKDB_TYPE_BIGINT), integer(DUCKDB_TYPE_INTEGER),
      boolean(DUCKDB_TYPE_BOOLEAN), date(DUCKDB_TYPE_DATE), timestamp(DUCKDB_TYPE_TIMESTAMP);
  const auto decimal = LogicalType::decimal();
  DH_TRY(register_scalar(connection, context, "in_changed", {integer, bigint}, boolean, in_changed));
  // Volatile, so that it is asked of the rows that a scan let through, never of all instead of in_places.
  DH_TRY(register_scalar(connection, context, "is_changed", {integer, bigint}, boolean, in_changed,
                         FunctionKind::remembers));
  DH_TRY(register_scalar(connection, context, "in_places", {integer, bigint}, boolean, in_places));
  DH_TRY(register_scalar(connection, context, "remember_place", {bigint, bigint}, boolean, remember_place,
                         FunctionKind::remembers));
  DH_TRY(register_scalar(connection, context, "seen_before", {bigint}, boolean, seen_before, FunctionKind::remembers));
  DH_TRY(register_scalar(connection, context, "surrogate_key", {text, text}, bigint, surrogate_key));
  DH_TRY(register_scalar(connection, context, "version_key", {bigint, timestamp}, bigint, dimension_version_key));
  DH_TRY(register_scalar(connection, context, "reporting_date", {timestamp}, date, reporting_date));
  DH_TRY(register_scalar(connection, context, "reporting_hour", {timestamp}, timestamp, reporting_hour));
  DH_TRY(register_scalar(connection, context, "book_value", {text, decimal, decimal, bigint, bigint}, decimal,
                         book_value));
  DH_TRY(register_scalar(connection, context, "labour_cost", {decimal, decimal}, decimal, labour_cost));
  DH_TRY(register_measures(connection, context));
  DH_TRY(register_distributions(connection, context));
  return register_batch_scan(connection, context);
}

}  // namespace deskhouse::warehouse
