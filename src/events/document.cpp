#include "events/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "events/fingerprint.h"

namespace deskhouse::events {

namespace {

bool comes_before(const Order& a, const Order& b) {
  return std::pair(a.at_us, a.version) < std::pair(b.at_us, b.version);
}

}  // namespace

Folded fold(std::vector<SeenEvent> seen) {
  std::ranges::sort(seen, {}, &SeenEvent::order);
  const auto same = [](const SeenEvent& a, const SeenEvent& b) { return a.order == b.order; };
  seen.erase(std::unique(seen.begin(), seen.end(), same), seen.end());
  const auto last = std::find_if(seen.rbegin(), seen.rend(), [](const auto& e) { return !e.order.is_partial; });
  Folded folded;
  if (last == seen.rend()) {
    folded.keep = std::move(seen);
    return folded;
  }
  const auto whole = std::prev(last.base());
  folded.state = whole->document;
  folded.keep.push_back(*whole);
  for (const auto& event : seen) {
    if (!event.order.is_partial || comes_before(event.order, whole->order)) continue;
    for (std::size_t i = 0; i < event.document.size(); ++i)
      if (event.document[i].stated) (*folded.state)[i] = event.document[i];
    folded.keep.push_back(event);
  }
  if (folded.keep.size() == 1) folded.keep.clear();  // the row of the record says it all
  return folded;
}

std::string to_json(const Document& document, const schema::TableInfo& entity) {
  std::string out = "{";
  for (std::size_t i = 0; i < document.size(); ++i) {
    if (!document[i].stated) continue;
    if (out.size() > 1) out += ',';
    out += json_text(entity.columns[i].name);
    out += ':';
    out += document[i].text ? json_text(*document[i].text) : "null";
  }
  return out + "}";
}

std::optional<Document> from_json(std::string_view json, const schema::TableInfo& entity) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  Document document(entity.columns.size());
  for (const auto& [name, value] : parsed.items()) {
    const auto at = entity.find(name);
    if (at == schema::TableInfo::npos) continue;
    document[at] = {true, value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt};
  }
  return document;
}

std::int64_t hash_of(const Document& document, const Order& order, std::string_view type) {
  std::string text = fmt::format("{}|{}|{}|", order.at_us, order.version, type);
  for (const auto& cell : document)
    text += !cell.stated ? "-" : !cell.text ? "0" : fmt::format("={}:{}", cell.text->size(), *cell.text);
  return fingerprint(text);
}

}  // namespace deskhouse::events
