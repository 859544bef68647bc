// Which of the records that we know a source still lists: a roll call. Pure; eight bytes and two bits a record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace deskhouse::pipeline {

class KeyRoll {
 public:
  // `known`: in any order; repetitions count once.
  explicit KeyRoll(std::vector<std::int64_t> known);
  // The source lists a record. One that is not known is only counted.
  void see(std::int64_t key);
  std::int64_t known() const { return static_cast<std::int64_t>(known_.size()); }
  std::int64_t listed() const { return listed_; }  // calls of see()
  std::vector<std::int64_t> missing() const { return having(false); }
  std::vector<std::int64_t> present() const { return having(true); }

 private:
  std::vector<std::int64_t> having(bool seen) const;
  std::vector<std::int64_t> known_;  // sorted
  std::vector<bool> seen_;
  std::int64_t listed_ = 0;
};

// Why a sweep is not believed: a list that is empty, or lacks more than `limit_percent` of the known records and more
// than a handful of them, looks more like a right that was lost or a table that was exchanged than like deletes.
std::optional<std::string> doubts(std::int64_t known, std::int64_t listed, std::int64_t missing,
                                  std::int64_t limit_percent);

}  // namespace deskhouse::pipeline
