// Records of a Freshservice account, by its REST API v2. Design and reasons: docs/decisions/0021.
//
// The raw record is the JSON object as the API sends it, with members in front that it lacks and a mapping needs:
//   ticket_events, surveys, time_entries: ticket_id; time_entries: time_spent_minutes; assets: asset_type (the name)
//   ticket_events: id, version, status, priority, category, assigned_to, group_id (fs_activity.h)
// and type_fields of assets without the number at the end of their names.
#pragma once

#include "sources/registry.h"

namespace deskhouse::sources {

// Fails for an entity that Freshservice does not have. Connects when the first entity is opened.
Result<std::unique_ptr<Source>> make_freshservice_source(const config::SourceConfig& source,
                                                         const SourceServices& services);

}  // namespace deskhouse::sources
