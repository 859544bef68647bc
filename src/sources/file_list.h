// Which files an entity's `path` means.
//
//   * a file; a folder: the files right in it whose names tell a known format, or all if a format is
//   declared; or a
//     glob (* ? [a-z] {a,b}). Hidden files (.name) are never taken.
//   * In order of their paths' bytes, so that positions do not depend on the file system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/file_reader.h"

namespace deskhouse::sources {

// Format, compression and delimiter, from the name (whatever its case) and what the entity declares: the
// declared format goes before the name; .gz means gzip with either. A .tsv has tabs where the declared
// delimiter is a comma. Leaves the format automatic if neither tells it.
InputFile describe_file(const config::EntityMapping& entity, const std::filesystem::path& path);

// At least one file. Fails for a missing file or folder, one without permission, and a path that matches
// nothing.
Result<std::vector<InputFile>> list_files(const config::EntityMapping& entity);

}  // namespace deskhouse::sources
