// What a viewer sees instead of personal data: a catalogue of views with the schemas and names of the warehouse's
// tables. Where SQL of a viewer runs, it is the only catalogue that a name can lead to (the guard lets no name of three
// parts through), so that nothing depends on reading the SQL right (docs/decisions/0041).
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::server {

// How a column is shown to those who must not see it; empty: as it is. `columns`: all of its table.
//   name of a person: a stand-in that is the same for the same name, until the server starts again
//   e-mail address, subject, description, comment, custom fields and other free text: a dot
std::string masked_column(std::string_view column, const std::vector<std::string>& columns, std::string_view salt);

// Thread-safe.
class Masking {
 public:
  Masking();
  // Makes the views anew, over the catalogue that the connection uses: after each run, which may have made tables that
  // were not there. REQUIRES that the connection is in no transaction.
  Status refresh(warehouse::Connection& connection);
  // From now on unqualified catalogues are the views'. REQUIRES a refresh before.
  static Status enter(warehouse::Connection& connection);

 private:
  std::mutex mutex_;
  const std::string salt_;  // else who knows a name could find its stand-in
};

}  // namespace deskhouse::server
