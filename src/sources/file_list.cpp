#include "sources/file_list.h"

#include <fmt/core.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace deskhouse::sources {
namespace {

namespace fs = std::filesystem;

// The part of a message that says which mapping asks for the path.
std::string who(const config::EntityMapping& entity) {
  const std::string line = entity.line > 0 ? fmt::format(" (deskhouse.toml line {})", entity.line) : "";
  return fmt::format("{}.{}{}", entity.source, entity.entity, line);
}

std::unexpected<Error> cannot(const config::EntityMapping& entity, const std::string& what, const std::string& why) {
  return fail(Error::Kind::io, fmt::format("{}: {} {}", who(entity), what, why));
}

std::string shown_path(const config::EntityMapping& entity, const fs::path& path) {
  const fs::path relative = path.lexically_relative(entity.project);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return (inside ? relative : path).string();
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

std::string advice(int error) {
  if (error == EACCES || error == EPERM)
    return fmt::format("{}; give this user permission to read it", std::strerror(error));
  return std::strerror(error);
}

Result<std::vector<fs::path>> files_of_folder(const config::EntityMapping& entity, const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_hidden(at->path()) || !at->is_regular_file(error)) continue;
    if (describe_file(entity, at->path()).format != config::Format::automatic) files.push_back(at->path());
  }
  if (error) return cannot(entity, "cannot list the folder " + shown_path(entity, folder) + ":", advice(error.value()));
  if (files.empty()) {
    return cannot(entity, "the folder " + shown_path(entity, folder),
                  "has no file of a known format (.csv .tsv .jsonl .ndjson, each also .gz, or .parquet)");
  }
  return files;
}

// Why ::glob gave up: its callback has no context.
thread_local int glob_error = 0;

int stop_at_error(const char*, int error) {
  if (error == ENOENT || error == ENOTDIR) return 0;  // nothing matches there
  glob_error = error;
  return 1;
}

// The project's own name is no pattern, whatever is in it.
std::string escape_glob(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::strchr("*?[]{}\\,~", c)) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

Result<std::vector<fs::path>> files_of_glob(const config::EntityMapping& entity) {
  const fs::path given(entity.path);
  const std::string pattern =
      given.is_absolute() ? entity.path : escape_glob((entity.project / "").string()) + entity.path;
  glob_t found{};
  glob_error = 0;
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_BRACE, stop_at_error, &found);
  std::vector<fs::path> files;
  for (std::size_t i = 0; status == 0 && i < found.gl_pathc; ++i) {
    std::error_code ignored;  // what cannot be looked at is reported when it is opened
    if (!is_hidden(found.gl_pathv[i]) && !fs::is_directory(found.gl_pathv[i], ignored)) {
      files.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  if (status != 0 && status != GLOB_NOMATCH) {
    return cannot(entity, fmt::format("cannot list the files of '{}':", entity.path), advice(glob_error));
  }
  if (files.empty())
    return cannot(entity, fmt::format("no file matches '{}'", entity.path), "in " + entity.project.string());
  return files;
}

Result<std::vector<fs::path>> find_files(const config::EntityMapping& entity) {
  const fs::path path = (entity.project / entity.path).lexically_normal();
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::directory) return files_of_folder(entity, path);
  if (fs::exists(status)) return std::vector<fs::path>{path};
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return cannot(entity, "cannot read " + shown_path(entity, path) + ":", advice(error.value()));
  }
  if (entity.path.find_first_of("*?[{") != std::string::npos) return files_of_glob(entity);
  return cannot(entity, entity.path, fmt::format("does not exist (looked for {})", path.string()));
}

std::string lower_name(const fs::path& path) {
  std::string name = path.filename().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

Status check_file(const config::EntityMapping& entity, InputFile& file) {
  std::error_code error;
  file.bytes = static_cast<std::int64_t>(fs::file_size(file.path, error));
  if (error) return cannot(entity, "cannot read " + file.shown + ":", advice(error.value()));
  if (::access(file.path.c_str(), R_OK) != 0) return cannot(entity, "cannot read " + file.shown + ":", advice(errno));
  if (file.format == config::Format::automatic) {
    return cannot(entity, "the name of " + file.shown,
                  "does not tell its format; set format = \"csv\", \"jsonl\" or \"parquet\"");
  }
  if (file.format == config::Format::parquet && file.gzip) {
    return cannot(entity, file.shown, "is gzip around Parquet, which cannot be read; unpack it");
  }
  return {};
}

}  // namespace

InputFile describe_file(const config::EntityMapping& entity, const fs::path& path) {
  InputFile file;
  file.path = path;
  file.shown = shown_path(entity, path);
  file.format = entity.format;
  std::string name = lower_name(path);
  file.gzip = name.ends_with(".gz");
  if (file.gzip) name.resize(name.size() - 3);
  if (file.format == config::Format::automatic) {
    if (name.ends_with(".csv") || name.ends_with(".tsv")) file.format = config::Format::csv;
    if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) file.format = config::Format::jsonl;
    if (name.ends_with(".parquet")) file.format = config::Format::parquet;
  }
  file.delimiter = name.ends_with(".tsv") && entity.delimiter == ',' ? '\t' : entity.delimiter;
  return file;
}

Result<std::vector<InputFile>> list_files(const config::EntityMapping& entity) {
  DH_ASSIGN(std::vector<fs::path> paths, find_files(entity));
  std::ranges::sort(paths, {}, [](const fs::path& path) { return path.native(); });
  std::vector<InputFile> files;
  for (const fs::path& path : paths) {
    DH_TRY(check_file(entity, files.emplace_back(describe_file(entity, path))));
  }
  return files;
}

}  // namespace deskhouse::sources
