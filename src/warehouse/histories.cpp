#include "warehouse/histories.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

namespace deskhouse::warehouse {

namespace {

constexpr std::uint32_t kAbsent = 0xffffffff;

// A text as its length and its bytes, so that any text can be part of a key and be found in it again.
void append(std::string& key, std::optional<std::string_view> text) {
  const std::uint32_t size = text ? static_cast<std::uint32_t>(text->size()) : kAbsent;
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  if (text) key += *text;
}

std::optional<std::string_view> take(std::string_view& key) {
  std::uint32_t size = 0;
  std::memcpy(&size, key.data(), sizeof size);
  key.remove_prefix(sizeof size);
  if (size == kAbsent) return std::nullopt;
  const auto text = key.substr(0, size);
  key.remove_prefix(size);
  return text;
}

}  // namespace

void Histories::clear() {
  buckets_ = std::make_unique<Buckets>();
  texts_.clear();
  numbers_.clear();
}

void Histories::reserve(std::int64_t observations) {
  const auto share = static_cast<std::size_t>(observations) / buckets_->size();
  for (auto& bucket : *buckets_) bucket.entries.reserve(share + share / 16 + 16);
}

std::uint32_t Histories::intern(const Texts& texts) {
  key_.clear();
  append(key_, texts.status);
  append(key_, texts.assigned_to);
  append(key_, texts.group_id);
  if (const auto it = numbers_.find(std::string_view(key_)); it != numbers_.end()) return it->second;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  std::string_view rest = numbers_.emplace(key_, number).first->first;
  auto& kept = texts_.emplace_back();
  kept.status = take(rest);
  kept.assigned_to = take(rest);
  kept.group_id = take(rest);
  return number;
}

void Histories::add(std::vector<Entry>& entries, const std::vector<Texts>& texts) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].texts = intern(texts[i]);
    (*buckets_)[bucket_of(entries[i].ticket)].entries.push_back(entries[i]);
  }
}

void Histories::Bucket::order() {
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::tie(e.ticket, e.at, e.version, e.key); });
  slot_bits = static_cast<int>(std::bit_width(entries.size() / 2));
  slots.resize((std::size_t{1} << slot_bits) + 1);
  std::size_t slot = 0;
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (const auto own = slot_of(entries[i].ticket); slot <= own; ++slot) slots[slot] = static_cast<std::uint32_t>(i);
  for (; slot < slots.size(); ++slot) slots[slot] = static_cast<std::uint32_t>(entries.size());
}

void Histories::find(std::int64_t ticket, std::vector<core::Observation>& out) {
  out.clear();
  auto& bucket = (*buckets_)[bucket_of(ticket)];
  std::call_once(bucket.ordered, [&] { bucket.order(); });
  const auto slot = bucket.slot_of(ticket);
  for (auto i = bucket.slots[slot]; i < bucket.slots[slot + 1]; ++i) {
    const auto& entry = bucket.entries[i];
    if (entry.ticket != ticket) continue;
    const auto& texts = texts_[entry.texts];
    out.push_back({Timestamp{entry.at}, texts.status, texts.assigned_to, texts.group_id});
  }
}

}  // namespace deskhouse::warehouse
