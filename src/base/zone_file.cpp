#include "base/zone_file.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "base/posix_rule.h"

namespace deskhouse {
namespace {

constexpr int kFirstYear = 1970, kLastYear = 2151;

// Big-endian, as everything in a zone file.
template <class T>
T read_big_endian(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<T>(value);
}

struct Header {
  static constexpr std::size_t kSize = 44;
  char version;
  std::size_t utc_flags, standard_flags, leap_seconds, changes, types, name_bytes;

  std::size_t body_size(std::size_t time_size) const {
    return changes * time_size + changes + types * 6 + name_bytes + leap_seconds * (time_size + 4) + standard_flags +
           utc_flags;
  }
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < Header::kSize || !bytes.starts_with("TZif")) return std::nullopt;
  const auto count = [&](std::size_t field) -> std::size_t {
    return read_big_endian<std::uint32_t>(bytes, 20 + 4 * field);
  };
  return Header{bytes[4], count(0), count(1), count(2), count(3), count(4), count(5)};
}

// Collects changes given in order: what was before 1970 becomes the offset to begin with, what changes
// nothing is left out, and of two changes at one instant the later said holds.
class ChangeList {
 public:
  void add(std::int64_t at_s, std::int64_t offset_s) {
    static constexpr std::int64_t kNotBefore_s = -2 * 86'400, kNotAfter_s = 5'711'817'600;  // 2151-01-01
    if (at_s > kNotAfter_s) return;
    const Timestamp at{at_s < kNotBefore_s ? std::numeric_limits<std::int64_t>::min() : at_s * kMicrosPerSecond};
    if (!changes_.empty() && changes_.back().at == at) changes_.pop_back();
    const std::int64_t offset_us = offset_s * kMicrosPerSecond;
    if (changes_.empty() || changes_.back().offset_us != offset_us) changes_.push_back({at, offset_us});
  }
  std::vector<OffsetChange> take() { return std::move(changes_); }

 private:
  std::vector<OffsetChange> changes_;
};

// The body with 64-bit times of a file whose counts were checked against its size.
class Body {
 public:
  Body(std::string_view bytes, const Header& header) : bytes_(bytes), header_(header) {}

  std::int64_t at_s(std::size_t change) const { return read_big_endian<std::int64_t>(bytes_, change * 8); }
  std::optional<std::int64_t> offset_s(std::size_t change) const {
    return offset_of_type_s(static_cast<unsigned char>(bytes_[header_.changes * 8 + change]));
  }
  std::optional<std::int64_t> offset_of_type_s(std::size_t type) const {
    if (type >= header_.types) return std::nullopt;
    const auto offset = read_big_endian<std::int32_t>(bytes_, header_.changes * 9 + type * 6);
    if (offset <= -26 * 3600 || offset >= 26 * 3600) return std::nullopt;  // the range of RFC 9636
    return offset;
  }

 private:
  std::string_view bytes_;
  const Header& header_;
};

bool add_rule(std::string_view footer, std::optional<std::int64_t> after_s, ChangeList& list) {
  const auto end = footer.find('\n', 1);
  if (!footer.starts_with('\n') || end == std::string_view::npos) return false;
  const auto text = footer.substr(1, end - 1);
  if (text.empty()) return true;
  const auto rule = PosixRule::parse(text);
  if (!rule) return false;
  for (const auto& change : rule->changes(kFirstYear - 1, kLastYear))
    if (!after_s || change.at_s > *after_s) list.add(change.at_s, change.offset_s);
  return true;
}

std::string zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// A name from a configuration must not lead out of the folder.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos) return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
         std::string_view::npos;
}

}  // namespace

std::optional<std::vector<OffsetChange>> parse_zone_file(std::string_view bytes) {
  const auto old = read_header(bytes);
  if (!old || old->version < '2') return std::nullopt;
  const auto skipped = Header::kSize + old->body_size(4);
  if (bytes.size() < skipped) return std::nullopt;
  bytes.remove_prefix(skipped);
  const auto header = read_header(bytes);
  // Times that count leap seconds (the "right/" zones) are not UTC as everyone else means it.
  if (!header || header->types == 0 || header->leap_seconds != 0) return std::nullopt;
  bytes.remove_prefix(Header::kSize);
  if (bytes.size() < header->body_size(8)) return std::nullopt;

  const Body body(bytes, *header);
  const auto first = body.offset_of_type_s(0);
  if (!first) return std::nullopt;
  ChangeList list;
  list.add(std::numeric_limits<std::int64_t>::min(), *first);
  std::optional<std::int64_t> last_s;
  for (std::size_t i = 0; i < header->changes; ++i) {
    const auto offset = body.offset_s(i);
    const auto at_s = body.at_s(i);
    if (!offset || (last_s && at_s <= *last_s)) return std::nullopt;
    list.add(at_s, *offset);
    last_s = at_s;
  }
  if (!add_rule(bytes.substr(header->body_size(8)), last_s, list)) return std::nullopt;
  return list.take();
}

Result<std::vector<OffsetChange>> read_zone_file(std::string_view name) {
  const auto path = std::filesystem::path(zone_folder()) / name;
  std::error_code ignored;
  if (!is_plain_name(name) || !std::filesystem::is_regular_file(path, ignored)) {
    return fail(
        Error::Kind::config,
        fmt::format("unknown time zone \"{}\": write an IANA name such as \"Europe/Amsterdam\", \"UTC\" or a "
                    "fixed offset such as \"+09:00\"{}",
                    name,
                    std::filesystem::is_directory(zone_folder(), ignored)
                        ? ""
                        : fmt::format(" (there are no zone files in {}: install the package tzdata)", zone_folder())));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto changes = parse_zone_file(bytes);
  if (!changes) {
    return fail(Error::Kind::config,
                fmt::format("time zone \"{}\": {} is not a usable zone file (damaged, older than version 2, or "
                            "counting leap seconds): write an IANA name such as \"Europe/Amsterdam\", or reinstall "
                            "the package tzdata",
                            name, path.string()));
  }
  return *std::move(changes);
}

}  // namespace deskhouse
