#include "sources/fs_names.h"

#include <simdjson.h>

#include "sources/fs_pages.h"

namespace deskhouse::sources {
namespace {

namespace dom = simdjson::dom;

std::string text_of(simdjson::simdjson_result<dom::element> value) {
  std::string_view text;
  dom::element element;
  if (value.get(element) != simdjson::SUCCESS || element.is_null()) return {};
  return element.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element);
}

std::string person(const FsObject& record) {
  const auto first = fs_member(record.text, "first_name").value_or("");
  const auto last = fs_member(record.text, "last_name").value_or("");
  return first + (first.empty() || last.empty() ? "" : " ") + last;
}

// All records of a list; none where the key may not see it.
template <class Take>
Status for_each_page(FsClient& client, const std::string& resource, Take take) {
  FsPages pages(client, {.path = resource, .name = resource, .query = {}}, {});
  while (!pages.done()) {
    DH_ASSIGN(const auto records, pages.next());
    take(records);
  }
  return {};
}

}  // namespace

void FsNames::add(Words& words, const std::vector<FsObject>& records, bool people) {
  for (const auto& record : records) {
    const auto name = people ? person(record) : fs_member(record.text, "name").value_or("");
    const auto [entry, is_new] = words.ids.emplace(name, record.id);
    if (!is_new && entry->second != record.id) entry->second.clear();
  }
}

std::string FsNames::find(const Words& words, std::string_view name) {
  const auto found = words.ids.find(name);
  return found == words.ids.end() ? std::string() : found->second;
}

Status FsNames::read(Words& words, const std::string& resource, bool people) {
  if (words.known) return {};
  words.known = true;
  return for_each_page(client_, resource, [&](const auto& records) { add(words, records, people); });
}

Status FsNames::need_statuses() {
  if (statuses_known_) return {};
  statuses_known_ = true;
  statuses_.ids = {{"Open", "2"}, {"Pending", "3"}, {"Resolved", "4"}, {"Closed", "5"}};
  DH_ASSIGN(const auto answer, client_.get("ticket_form_fields"));
  if (answer.status != 200) return {};
  dom::parser parser;
  dom::array fields;
  if (parser.parse(answer.body)["ticket_fields"].get_array().get(fields) != simdjson::SUCCESS) return {};
  for (const dom::element field : fields) {
    dom::array choices;
    if (text_of(field["name"]) != "status" || field["choices"].get_array().get(choices) != simdjson::SUCCESS) continue;
    for (const dom::element choice : choices) {
      const auto code = text_of(choice["id"]), name = text_of(choice["value"]);
      if (code.empty() || name.empty()) continue;
      statuses_.ids[name] = code;
      status_names_[code] = name;
    }
  }
  return {};
}

Status FsNames::need_people() {
  DH_TRY(read(agents_, "agents", true));
  return read(groups_, "groups", false);
}

Status FsNames::need_asset_types() {
  if (asset_types_known_) return {};
  asset_types_known_ = true;
  return for_each_page(client_, "asset_types", [&](const auto& records) {
    for (const auto& record : records) asset_types_[record.id] = fs_member(record.text, "name").value_or(record.id);
  });
}

std::string FsNames::asset_type(std::string_view id) const {
  const auto found = asset_types_.find(id);
  return found == asset_types_.end() ? std::string(id) : found->second;
}

}  // namespace deskhouse::sources
