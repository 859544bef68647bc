#include "pipeline/explain_json.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace deskhouse::pipeline {
namespace {

using Json = nlohmann::ordered_json;

Json maybe(const std::optional<Timestamp>& t) {
  return t ? Json(to_string(*t)) : Json();
}
template <class T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

std::string sla_json(const SlaExplanation& x, int indent) {
  Json out{{"source", x.source},
           {"ticket_id", x.ticket_id},
           {"status", x.status},
           {"priority", x.priority},
           {"category", x.category},
           {"type", x.type},
           {"group_id", x.group_id},
           {"assigned_to", x.assigned_to},
           {"is_deleted", x.is_deleted},
           {"created_at", to_string(x.created_at)},
           {"first_response_at", maybe(x.first_response_at)},
           {"resolved_at", maybe(x.resolved_at)},
           {"ended_at", maybe(x.ended_at)},
           {"as_of", to_string(x.as_of)},
           {"policy", x.policy},
           {"calendar", x.calendar},
           {"calendar_zone", x.calendar_zone},
           {"stop_statuses", x.stop_statuses},
           {"observations", x.observations},
           {"resolution_target_minutes", static_cast<double>(x.resolution_target_us) / 60e6},
           {"elapsed_minutes", static_cast<double>(x.elapsed_us) / 60e6},
           {"due_at", maybe(x.due_at)},
           {"sla_breached", maybe(x.sla_breached)},
           {"response_target_minutes", static_cast<double>(x.response_target_us) / 60e6},
           {"first_response_minutes", maybe(x.first_response_minutes)},
           {"response_due_at", maybe(x.response_due_at)},
           {"response_breached", maybe(x.response_breached)},
           {"breach_agent", maybe(x.breach_agent)},
           {"spans", Json::array()}};
  for (const auto& s : x.spans)
    out["spans"].push_back({{"from", to_string(s.from)},
                            {"to", to_string(s.to)},
                            {"kind", s.kind},
                            {"status", s.status},
                            {"minutes", static_cast<double>(s.to.us - s.from.us) / 60e6},
                            {"elapsed_minutes", static_cast<double>(s.elapsed_us) / 60e6}});
  return out.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string records_json(const std::vector<RawRecord>& records, int indent) {
  Json out = Json::array();
  for (const auto& r : records)
    out.push_back({{"state", r.state},
                   {"source", r.source},
                   {"run_id", r.run_id},
                   {"file", r.file},
                   {"record", r.record},
                   {"position", r.position},
                   {"raw", r.raw ? Json(lossy_utf8(*r.raw)) : Json()},
                   {"reasons", r.reasons.empty() ? Json() : Json::parse(r.reasons, nullptr, false)}});
  return out.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace deskhouse::pipeline
