#include <algorithm>

#include "core/sla_clock.h"

namespace deskhouse::core {
namespace {

// A stretch of the ticket's life in one status, clipped to the life of the clock.
struct Stretch {
  Timestamp from, to;
  std::string_view status;
};

std::vector<Stretch> cut_by_status(const History& history, Timestamp begin, Timestamp end) {
  std::vector<Stretch> stretches;
  Timestamp at = begin;
  const auto add = [&](Timestamp to, std::string_view status) {
    if (to <= at) return;
    stretches.push_back({at, to, status});
    at = to;
  };
  for (const auto& span : history.spans) {
    add(std::clamp(span.from, begin, end), {});  // before the first observation the status is not known
    add(std::clamp(span.to.value_or(end), begin, end), span.status);
  }
  add(end, {});
  return stretches;
}

bool is_stopped(std::span<const Calendar::Span> stops, Timestamp at) {
  return std::ranges::any_of(stops, [&](const auto& stop) { return stop.from <= at && at < stop.to; });
}

class LedgerWriter {
 public:
  explicit LedgerWriter(const Calendar& calendar) : calendar_(calendar) {}

  void add_stopped(const Stretch& stretch) { add(stretch, stretch.to, LedgerLine::Kind::stopped); }

  void add_running(const Stretch& stretch) {
    for (const auto& open : calendar_.open_spans(stretch.from, stretch.to)) {
      add(stretch, open.from, LedgerLine::Kind::closed);
      add(stretch, open.to, LedgerLine::Kind::counted);
    }
    add(stretch, stretch.to, LedgerLine::Kind::closed);
  }

  std::vector<LedgerLine> take() { return std::move(lines_); }

 private:
  // Goes on from where the last line of this stretch ended.
  void add(const Stretch& stretch, Timestamp to, LedgerLine::Kind kind) {
    const auto from = lines_.empty() ? stretch.from : std::max(stretch.from, lines_.back().to);
    if (to <= from) return;
    if (kind == LedgerLine::Kind::counted) elapsed_us_ += to.us - from.us;
    lines_.push_back({from, to, kind, stretch.status, elapsed_us_});
  }

  const Calendar& calendar_;
  std::int64_t elapsed_us_ = 0;
  std::vector<LedgerLine> lines_;
};

}  // namespace

std::vector<LedgerLine> sla_ledger(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of) {
  const auto end = end_of_clock(ticket).value_or(as_of);
  if (end <= ticket.created_at) return {};
  const auto choice = policies.choose(ticket.priority, ticket.group_id, ticket.category, ticket.type);
  History history;
  read_history(ticket.history, history);
  std::vector<Calendar::Span> stops;
  find_stops(ticket, *choice.policy, history, stops);

  LedgerWriter writer(*choice.policy->calendar);
  // A stop begins and ends where a status does, or at the end of the clock, so each stretch is stopped as a
  // whole.
  for (const auto& stretch : cut_by_status(history, ticket.created_at, end)) {
    if (is_stopped(stops, stretch.from))
      writer.add_stopped(stretch);
    else
      writer.add_running(stretch);
  }
  return writer.take();
}

}  // namespace deskhouse::core
