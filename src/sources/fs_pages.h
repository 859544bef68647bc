// One list of a Freshservice, page by page, while its records come, go and change (docs/decisions/0021).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sources/fs_client.h"
#include "sources/fs_json.h"
#include "sources/fs_seen.h"

namespace deskhouse::sources {

struct FsList {
  std::string path;             // behind /api/v2/
  std::string name;             // of the array in the answer
  std::string query;            // "include=stats&workspace_id=2"; empty: nothing
  bool has_since = false;       // the list takes updated_since
  bool ask_order = false;       // ask for it by updated_at; what comes is looked at
  std::int64_t per_page = 100;  // from 10 to 100
};

// Where a list is being read; enough to go on in another process.
struct FsPosition {
  std::int64_t since_us = 0;                              // of the requests, if the list takes it
  std::int64_t start_us = 0;                              // what it was at first
  std::int64_t offset = 0;                                // records in front of the next page
  bool by_updated_at = false, not_by_updated_at = false;  // what was found out of the order
  std::vector<std::string> anchors;                       // ids of the latest records, in order
};

// Every record that is in the list during the whole reading is given at least once, wherever others come and go:
//  * a page begins within what was read before: if its first record was not seen, records in front of it left, and the
//    reading steps back until it was;
//  * where the list turns out to be in the order of updated_at, reading goes on behind the last record's time instead
//    of at an offset, so that no position moves and no number of pages is reached.
// One thread at a time.
class FsPages {
 public:
  FsPages(FsClient& client, FsList list, FsPosition from);

  // The records of the next page that were not given before; may be none. Not after done().
  Result<std::vector<FsObject>> next();
  bool done() const { return done_; }
  bool forbidden() const { return forbidden_; }  // 403: done, and not empty
  // Whether each page was seen to begin within what was read before, as far as reading came. Where it was not, records
  // may have been passed over.
  bool is_gapless() const { return is_gapless_; }
  // Behind what next() gave.
  const FsPosition& position() const { return at_; }

 private:
  struct Page {
    std::int64_t number = 1, size = 100;
    std::int64_t begin() const { return (number - 1) * size; }
  };
  Page choose() const;
  std::string path_of(const Page& page) const;
  Result<std::optional<FsAnswer>> ask(const Page& page);
  Status refused(const Page& page, const FsAnswer& answer);
  bool joins(const std::vector<FsObject>& records) const;
  std::vector<FsObject> take(std::vector<FsObject> records);
  void start_from(std::int64_t since_us);
  bool is_still_in_order(const std::vector<FsObject>& records);
  void rebase(const std::vector<FsObject>& records);

  FsClient& client_;
  const FsList list_;
  FsPosition at_;
  int order_asked_;  // 2: order_by and order_type, 1: order_type, 0: nothing; less where the server refuses it
  bool done_ = false, forbidden_ = false, is_gapless_ = true;
  int steps_back_ = 0;            // in a row
  FsSeen given_;                  // id and updated_at
  FsSeen seen_;                   // ids, of this base
  std::optional<FsObject> last_;  // without its text
  std::int64_t in_order_ = 0;     // records in the order of updated_at, and whether other orders are out:
  bool created_falls_ = false, id_falls_ = false;
};

}  // namespace deskhouse::sources
