#include "demo/simple_entities.h"

#include <algorithm>
#include <array>

#include "demo/ticket_row.h"

namespace deskhouse::demo {
namespace {

template <class T, std::size_t N>
const T& pick(Draw& draw, const std::array<T, N>& from) {
  return from[static_cast<std::size_t>(draw.below(N))];
}

void write_updated(Csv& csv, std::int64_t created_s, std::int64_t updated_s) {
  csv.comma();
  csv.time(created_s);
  csv.comma();
  csv.time(updated_s);
  csv.newline();
}

int write_group(const World& world, std::int64_t index, Csv& csv) {
  const auto& group = kGroups[static_cast<std::size_t>(index)];
  csv.id("G", index + 1, 1);
  csv.comma();
  csv.text(group.name);
  csv.comma();
  csv.text(group.calendar);
  csv.comma();
  csv.time(world.start_s);
  csv.newline();
  return 1;
}

int write_department(const World& world, std::int64_t index, Csv& csv) {
  const auto& department = kDepartments[static_cast<std::size_t>(index)];
  csv.id("D", index + 1, 2);
  csv.comma();
  csv.text(department.name);
  csv.comma();
  csv.id("U", index * world.requesters / kDepartmentCount + 1, 6);
  csv.comma();
  csv.number(world.requesters * department.percent / 100);
  csv.comma();
  csv.id("CC-", 4000 + index * 10, 4);
  csv.comma();
  csv.time(world.start_s);
  csv.newline();
  return 1;
}

// Name and e-mail address; the addresses are not all lower case.
void write_person(Draw& draw, std::string_view user, std::int64_t index, Csv& csv) {
  csv.text(pick(draw, kFirstNames));
  csv.byte(' ');
  csv.text(pick(draw, kLastNames));
  csv.comma();
  csv.text(draw.chance(0.1) ? "Person." : "person.");
  csv.id(user, index + 1, 1);
  csv.text(draw.chance(0.1) ? "@Example.COM," : "@example.com,");
}

void write_agent_version(const World& world, std::int64_t index, bool second, Csv& csv) {
  const AgentInfo& agent = world.staff.agents()[static_cast<std::size_t>(index)];
  Draw draw(world.seed, Stream::agent, -1 - index);
  write_agent_id(csv, index);
  csv.comma();
  write_person(draw, "a", index, csv);
  csv.id("G", (second ? agent.new_group : agent.group) + 1, 1);
  csv.comma();
  csv.cents(second ? agent.new_cost_cents : agent.cost_cents);
  csv.comma();
  csv.number(agent.weekly_hours);
  csv.text(",true");
  write_updated(csv, agent.created_s, second ? agent.changed_s : agent.created_s);
}

int write_agent(const World& world, std::int64_t index, Csv& csv) {
  write_agent_version(world, index, false, csv);
  if (world.staff.agents()[static_cast<std::size_t>(index)].changed_s == kNever) return 1;
  write_agent_version(world, index, true, csv);
  return 2;
}

void write_requester_version(const World& world, std::int64_t index, const RequesterInfo& person, bool second,
                             Csv& csv) {
  Draw draw(world.seed, Stream::requester, -1 - index);
  csv.id("U", index + 1, 6);
  csv.comma();
  write_person(draw, "u", index, csv);
  csv.id("D", (second ? person.new_department : person.department) + 1, 2);
  csv.comma();
  csv.text(kLocations[static_cast<std::size_t>(person.location)]);
  csv.text(person.is_vip ? ",true" : ",false");
  write_updated(csv, person.created_s, second ? person.changed_s : person.created_s);
}

int write_requester(const World& world, std::int64_t index, Csv& csv) {
  const RequesterInfo person = world.staff.requester(index);
  write_requester_version(world, index, person, false, csv);
  if (person.changed_s == kNever) return 1;
  write_requester_version(world, index, person, true, csv);
  return 2;
}

struct AssetKind {
  std::string_view type, maker;
  int life_months, warranty_months;
  std::int64_t cost_low, cost_high;  // cents
  std::string_view depreciation;
};
constexpr std::array<AssetKind, 6> kPersonal = {
    {{"Laptop", "Lapwing", 48, 36, 85'000, 240'000, "straight_line"},
     {"Desktop", "Dunnock", 60, 36, 60'000, 160'000, "straight_line"},
     {"Monitor", "Merlin", 60, 36, 15'000, 70'000, "straight_line"},
     {"Phone", "Pipit", 36, 24, 30'000, 130'000, "declining_balance"},
     {"Tablet", "Teal", 36, 24, 40'000, 120'000, "declining_balance"},
     {"Docking Station", "Dipper", 60, 24, 12'000, 32'000, "straight_line"}}};
constexpr std::array<AssetKind, 4> kShared = {{{"Server", "Stork", 60, 60, 450'000, 2'800'000, "sum_of_years"},
                                               {"Switch", "Swift", 84, 60, 150'000, 900'000, "straight_line"},
                                               {"Printer", "Plover", 60, 24, 40'000, 450'000, "declining_balance"},
                                               {"Firewall", "Falcon", 60, 36, 300'000, 1'500'000, "sum_of_years"}}};
constexpr std::array<std::string_view, 4> kAssetStates = {"In Use", "In Stock", "In Repair", "Retired"};
constexpr std::array<int, 4> kAssetStatePercent = {86, 7, 2, 5};

int write_asset(const World& world, std::int64_t index, Csv& csv) {
  Draw draw(world.seed, Stream::asset, index);
  const bool personal = index < world.personal_assets();
  const AssetKind& kind = personal ? pick(draw, kPersonal) : pick(draw, kShared);
  const std::int64_t cost = draw.between(kind.cost_low / 500, kind.cost_high / 500) * 500;
  const std::int64_t acquired_s =
      world.start_s + draw.between(-3 * 365, (world.end_s - world.start_s) / kDay - 1) * kDay;
  const std::int64_t owner = world.owner_of(index);
  csv.id("CI", index + 1, 7);
  csv.comma();
  csv.text(kind.maker);
  csv.id(" ", index + 1, 5);
  csv.comma();
  csv.text(kind.type);
  csv.comma();
  csv.text(kAssetStates[static_cast<std::size_t>(draw.weighted(kAssetStatePercent))]);
  csv.comma();
  if (personal) csv.id("U", owner + 1, 6);
  csv.comma();
  csv.id("D", (personal ? world.staff.requester(owner).department : 0) + 1, 2);
  csv.comma();
  csv.cents(cost);
  csv.comma();
  csv.cents(cost * draw.between(0, 15) / 100);
  csv.comma();
  csv.date(static_cast<std::int32_t>(acquired_s / kDay));
  csv.comma();
  csv.date(static_cast<std::int32_t>(acquired_s / kDay + kind.warranty_months * 30 + 5));
  csv.comma();
  csv.number(kind.life_months);
  csv.comma();
  csv.text(kind.depreciation);
  write_updated(csv, acquired_s, std::min(world.end_s, acquired_s + draw.below(400) * kDay));
  return 1;
}

int write_problem(const World& world, std::int64_t index, Csv& csv) {
  Draw draw(world.seed, Stream::problem, index);
  draw.next();  // the category's draw, see World::problem_category
  const auto& category = kCategoryTable[static_cast<std::size_t>(world.problem_category(index))];
  const std::int64_t created_s = world.problem_created_s(index);
  const auto taken_s = static_cast<std::int64_t>(9.0 * kDay * lognormal(draw, Spread::usual));
  const bool closed = created_s + taken_s <= world.end_s;
  csv.id("PRB", index + 1, 6);
  csv.text(",Cause of: ");
  csv.text(pick(draw, pick(draw, category.subs).subjects));
  csv.text(closed ? ",Closed," : draw.chance(0.4) ? ",Change Requested," : ",Open,");
  csv.text(kPriorities[static_cast<std::size_t>(draw.between(1, 3))]);
  csv.comma();
  csv.text(category.name);
  csv.comma();
  csv.id("U", world.staff.pick_requester(draw) + 1, 6);
  csv.comma();
  write_agent_id(csv, world.staff.pick_agent(draw, category.group, created_s, -1));
  csv.comma();
  csv.time(created_s + 14 * kDay);
  csv.comma();
  if (closed) csv.time(created_s + taken_s);
  write_updated(csv, created_s, closed ? created_s + taken_s : std::min(world.end_s, created_s + taken_s / 4));
  return 1;
}

constexpr std::array<std::string_view, 4> kChangeTypes = {"Standard", "Minor", "Major", "Emergency"};
constexpr std::array<int, 4> kChangeTypePercent = {45, 35, 12, 8};
constexpr std::array<std::string_view, 4> kRisks = {"Low", "Medium", "High", "Very High"};
constexpr std::array<int, 4> kRiskPercent = {52, 32, 13, 3};
constexpr std::array<std::string_view, 6> kChangeSubjects = {"Upgrade of",  "Patch for", "Replacement of",
                                                             "New rule in", "Move of",   "Restart of"};

// Closed or failed once its window is over; failures are commoner the greater the hurry.
std::string_view change_status(Draw& draw, int type, bool over, bool started) {
  const bool failed = draw.chance(type == 3 ? 0.16 : type == 2 ? 0.09 : 0.04);
  if (over) return failed ? "Failed" : "Closed";
  if (started) return "Pending Review";
  return draw.chance(0.5) ? "Approval" : "Planning";
}

int write_change(const World& world, std::int64_t index, Csv& csv) {
  Draw draw(world.seed, Stream::change, index);
  const std::int64_t created_s =
      world.arrivals.at((static_cast<double>(index) + draw.uniform()) / static_cast<double>(world.changes));
  const int type = draw.weighted(kChangeTypePercent);
  // Emergencies start within hours, the others in the evening some days later.
  const std::int64_t start_s = type == 3
                                   ? created_s + draw.between(1, 8) * kHour
                                   : (created_s / kDay + draw.between(2, 28)) * kDay + draw.between(18, 22) * kHour;
  const std::int64_t stop_s = start_s + draw.between(1, 6) * kHour;
  const auto& category = kCategoryTable[static_cast<std::size_t>(category_of(draw.uniform()))];
  csv.id("CHG", index + 1, 6);
  csv.comma();
  csv.text(pick(draw, kChangeSubjects));
  csv.byte(' ');
  csv.text(pick(draw, category.subs).name);
  csv.comma();
  csv.text(change_status(draw, type, stop_s <= world.end_s, start_s <= world.end_s));
  csv.comma();
  csv.text(kChangeTypes[static_cast<std::size_t>(type)]);
  csv.comma();
  csv.text(kRisks[static_cast<std::size_t>(type == 3 ? 2 : draw.weighted(kRiskPercent))]);
  csv.comma();
  csv.text(kPriorities[static_cast<std::size_t>(type == 3 ? 3 : draw.weighted(kPriorityPercent))]);
  csv.comma();
  csv.id("U", world.staff.pick_requester(draw) + 1, 6);
  csv.comma();
  write_agent_id(csv, world.staff.pick_agent(draw, category.group, created_s, -1));
  csv.comma();
  csv.time(start_s);
  csv.comma();
  csv.time(stop_s);
  write_updated(csv, created_s, stop_s <= world.end_s ? stop_s : created_s);
  return 1;
}

constexpr std::array<SimpleEntity, 7> kEntities = {{
    {"groups", "id,name,calendar,updated_at\n", write_group, [](const World&) { return std::int64_t{kGroupCount}; }},
    {"departments", "id,name,head_user_id,headcount,cost_center,updated_at\n", write_department,
     [](const World&) { return std::int64_t{kDepartmentCount}; }},
    {"agents", "id,name,email,group_id,hourly_cost,weekly_hours,is_active,created_at,updated_at\n", write_agent,
     [](const World& world) { return world.agents; }},
    {"requesters", "id,name,email,department_id,location,is_vip,created_at,updated_at\n", write_requester,
     [](const World& world) { return world.requesters; }},
    {"assets",
     "id,name,asset_type,state,requester_id,department_id,cost,salvage_value,acquired_on,warranty_expires_on,"
     "useful_life_months,depreciation,created_at,updated_at\n",
     write_asset, [](const World& world) { return world.assets; }},
    {"problems", "id,subject,status,priority,category,requester_id,agent_id,due_at,closed_at,created_at,updated_at\n",
     write_problem, [](const World& world) { return world.problems; }},
    {"changes",
     "id,subject,status,type,risk,priority,requester_id,agent_id,planned_start_at,planned_end_at,created_at,"
     "updated_at\n",
     write_change, [](const World& world) { return world.changes; }},
}};

}  // namespace

std::span<const SimpleEntity> simple_entities() {
  return kEntities;
}

}  // namespace deskhouse::demo
