// The words of the made-up help desk: categories, states, teams, names. Raw values, as its vendor would write
// them; project_file.cpp maps them to the canonical ones.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace deskhouse::demo {

// Raw words of tickets, by rank or state.
inline constexpr std::array<std::string_view, 4> kPriorities = {"4 - Low", "3 - Moderate", "2 - High", "1 - Critical"};
inline constexpr std::array<int, 4> kPriorityPercent = {50, 35, 11, 4};
enum class TicketState : std::uint8_t { fresh, in_progress, on_hold, resolved, closed };
inline constexpr std::array<std::string_view, 5> kStates = {"New", "In Progress", "On Hold", "Resolved", "Closed"};
inline constexpr std::array<std::string_view, 3> kTypes = {"Incident", "Service Request", "Question"};
inline constexpr std::array<std::string_view, 5> kChannels = {"Email", "Self-service", "Phone", "Chat", "Walk-in"};
inline constexpr std::array<int, 5> kChannelPercent = {34, 33, 18, 12, 3};

inline constexpr int kCategories = 8;
inline constexpr int kSubCategories = 4;  // of each category
struct SubCategory {
  std::string_view name;
  std::array<std::string_view, 3> subjects;
};
struct Category {
  std::string_view name;
  int percent;           // of all tickets
  int incident_percent;  // of its tickets; the others are requests, a few are questions
  int group;             // index into kGroups that knows it best
  std::array<SubCategory, kSubCategories> subs;
  std::array<std::string_view, 4> bodies;  // sentences for descriptions
};
extern const std::array<Category, kCategories> kCategoryTable;
int category_of(double uniform);  // by percent

inline constexpr int kGroupCount = 8;
struct GroupInfo {
  std::string_view name, calendar;
  int agent_percent;
};
inline constexpr std::array<GroupInfo, kGroupCount> kGroups = {{{"Service Desk", "", 34},
                                                                {"Desktop Support", "office", 16},
                                                                {"Network Operations", "", 11},
                                                                {"Identity and Access", "office", 9},
                                                                {"Messaging", "office", 8},
                                                                {"Security Operations", "", 8},
                                                                {"Business Applications", "office", 9},
                                                                {"Facilities and HR", "office", 5}}};

inline constexpr int kDepartmentCount = 12;
struct DepartmentInfo {
  std::string_view name;
  int percent;
};
inline constexpr std::array<DepartmentInfo, kDepartmentCount> kDepartments = {{{"Operations", 18},
                                                                               {"Sales", 16},
                                                                               {"Engineering", 14},
                                                                               {"Customer Care", 12},
                                                                               {"Logistics", 9},
                                                                               {"Finance", 8},
                                                                               {"Marketing", 6},
                                                                               {"Human Resources", 5},
                                                                               {"Research", 4},
                                                                               {"Legal", 3},
                                                                               {"Procurement", 3},
                                                                               {"Board Office", 2}}};

extern const std::array<std::string_view, 48> kFirstNames;
extern const std::array<std::string_view, 48> kLastNames;
inline constexpr std::array<std::string_view, 8> kLocations = {"Amsterdam", "Seoul",  "New York",  "München",
                                                               "São Paulo", "London", "Singapore", "Remote"};

// Parts of a description. Greetings and endings are joined with a category's body.
extern const std::array<std::string_view, 8> kGreetings;
extern const std::array<std::string_view, 8> kEndings;
extern const std::array<std::string_view, 12> kOddTexts;  // quotes, newlines, markup, other scripts
extern const std::array<std::string_view, 10> kComments;  // of surveys; from angry to happy

}  // namespace deskhouse::demo
