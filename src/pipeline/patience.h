// A server that went away is given some time to come back; then the entity is read from its start, since what was read
// of it is in a load table that nobody sees.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <thread>

#include "pipeline/extraction.h"

namespace deskhouse::pipeline {

// Does `extract` until it succeeds, at most seven times: while `may_recover` says so, later each time, and behind
// `reopen`, which opens the source again. `recovering` hears of each error that is tried over.
template <class Extract, class Reopen, class MayRecover, class Recovering>
Result<Extraction> extract_patiently(Extract&& extract, Reopen&& reopen, MayRecover&& may_recover,
                                     Recovering&& recovering) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds kPauses[] = {500ms, 1s, 2s, 4s, 8s, 16s};
  Result<Extraction> extraction = extract();
  std::size_t attempt = 0;
  while (!extraction && may_recover() && attempt < std::size(kPauses)) {
    recovering(extraction.error().message);
    std::this_thread::sleep_for(kPauses[attempt++]);
    if (const Status opened = reopen(); !opened) {
      extraction = std::unexpected(opened.error());
      continue;
    }
    extraction = extract();
  }
  if (!extraction && attempt > 0) extraction.error().message += fmt::format(" (tried {} times)", attempt + 1);
  return extraction;
}

}  // namespace deskhouse::pipeline
