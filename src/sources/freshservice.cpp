#include "sources/freshservice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "sources/fs_examine.h"
#include "sources/fs_reader.h"
#include "sources/fs_sla.h"

namespace deskhouse::sources {
namespace {

bool is_nested(std::string_view entity) {
  return entity == "ticket_events" || entity == "surveys" || entity == "time_entries";
}

class FreshserviceSource final : public Source {
 public:
  explicit FreshserviceSource(const config::SourceConfig& source) : shared_(source) {}

  Result<std::unique_ptr<Reader>> open(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                       const Since& since) override {
    DH_TRY(connect());
    if (entity.entity == "tickets") return make_fs_ticket_reader(shared_, entity, columns, since);
    if (is_nested(entity.entity)) return make_fs_nested_reader(shared_, entity, columns, since);
    return make_fs_list_reader(shared_, entity, columns, since);
  }
  Result<std::unique_ptr<Reader>> open_keys(const config::EntityMapping& entity,
                                            const std::vector<std::string>& columns) override {
    if (is_nested(entity.entity))
      return fail(Error::Kind::source, fmt::format("Freshservice lists {} of one ticket only", entity.entity));
    DH_TRY(connect());
    return make_fs_key_reader(shared_, entity, columns);
  }
  std::optional<HangsOn> hang_on(const config::EntityMapping& entity) const override {
    const auto* ticket = entity.find("ticket_id");
    if (!is_nested(entity.entity) || ticket == nullptr || ticket->column != "ticket_id") return std::nullopt;
    return HangsOn{.field = "ticket_id", .parents = "tickets", .most_a_run = shared_.account.calls_per_slice};
  }
  Result<std::unique_ptr<Reader>> open_keys_of(const config::EntityMapping& entity,
                                               const std::vector<std::string>& columns,
                                               const std::vector<std::string>& tickets) override {
    DH_TRY(connect());
    return make_fs_nested_key_reader(shared_, entity, columns, tickets);
  }
  // A slice that goes on reads no list again, a key may lose its right between two pages, and records move.
  bool full_read_lists_keys() const override { return false; }
  Result<std::vector<Finding>> examine(const config::EntityMapping& entity) override {
    DH_TRY(connect());
    return fs_examine(shared_, entity);
  }
  Result<std::string> sla_toml() override {
    if (!shared_.account.use_sla_policies) return std::string();
    DH_TRY(connect());
    return fs_sla_toml(shared_);
  }

 private:
  // The first call tells whether the key is good, and what time it is there.
  Status connect() {
    if (!shared_.workspaces.empty()) return {};
    DH_TRY(shared_.names.need_statuses());
    const auto& wanted = shared_.account.workspaces;
    if (std::ranges::find(wanted, "all") != wanted.end()) {
      DH_ASSIGN(const auto all, fs_workspaces(shared_));
      for (const auto& workspace : all) shared_.workspaces.push_back(workspace.id);
    } else {
      shared_.workspaces = wanted;
    }
    if (shared_.workspaces.empty()) shared_.workspaces.push_back("");
    return {};
  }

  FsShared shared_;
};

}  // namespace

Result<std::unique_ptr<Source>> make_freshservice_source(const config::SourceConfig& source, const SourceServices&) {
  return std::make_unique<FreshserviceSource>(source);
}

}  // namespace deskhouse::sources
