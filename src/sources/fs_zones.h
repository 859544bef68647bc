// Time zones as Freshservice names them: the names of Ruby on Rails.
#pragma once

#include <string>
#include <string_view>

namespace deskhouse::sources {

// "Eastern Time (US & Canada)" -> "America/New_York"; any other name, such as one of IANA's, as it is.
std::string fs_zone(std::string_view name);

}  // namespace deskhouse::sources
