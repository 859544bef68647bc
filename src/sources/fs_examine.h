// What `deskhouse doctor` says of a Freshservice account.
#pragma once

#include <string>
#include <vector>

#include "sources/fs_reader.h"

namespace deskhouse::sources {

struct FsWorkspace {
  std::string id, name;
};
// Those that the key sees; none if the account has none, or does not show them.
Result<std::vector<FsWorkspace>> fs_workspaces(FsShared& shared);

// Of the account, with its tickets (or where there are none, with each entity): limit, clock, workspaces, statuses of
// the site's own that no mapping names.
Result<std::vector<Finding>> fs_examine(FsShared& shared, const config::EntityMapping& entity);

}  // namespace deskhouse::sources
