// What Freshservice calls things in words where Deskhouse needs the code or the id: of statuses, agents, groups, asset
// types. Each list is read when it is first needed, once.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sources/fs_client.h"
#include "sources/fs_json.h"

namespace deskhouse::sources {

// One thread at a time. What the key may not see has no names.
class FsNames {
 public:
  explicit FsNames(FsClient& client) : client_(client) {}

  // Before the others of its kind are asked for.
  Status need_statuses();
  Status need_people();  // agents and groups
  Status need_asset_types();
  // Records that were read anyway: spares the calls.
  void add_agents(const std::vector<FsObject>& records) { add(agents_, records, true); }
  void add_groups(const std::vector<FsObject>& records) { add(groups_, records, false); }
  void has_all_agents() { agents_.known = true; }
  void has_all_groups() { groups_.known = true; }

  // Empty: nothing is called so, or two are.
  std::string status_code(std::string_view name) const { return find(statuses_, name); }
  std::string agent_id(std::string_view name) const { return find(agents_, name); }
  std::string group_id(std::string_view name) const { return find(groups_, name); }
  std::string asset_type(std::string_view id) const;
  // The site's own statuses, by code.
  const std::map<std::string, std::string>& statuses() const { return status_names_; }

 private:
  struct Words {
    std::map<std::string, std::string, std::less<>> ids;  // by name; empty: of two
    bool known = false;
  };
  static void add(Words& words, const std::vector<FsObject>& records, bool people);
  static std::string find(const Words& words, std::string_view name);
  Status read(Words& words, const std::string& resource, bool people);

  FsClient& client_;
  Words statuses_, agents_, groups_;
  std::map<std::string, std::string> status_names_;
  std::map<std::string, std::string, std::less<>> asset_types_;
  bool statuses_known_ = false, asset_types_known_ = false;
};

}  // namespace deskhouse::sources
