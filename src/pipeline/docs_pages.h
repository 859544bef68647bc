// The pages of docs/ that are generated, so that they cannot be wrong: tables, metrics, configuration, checks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace deskhouse::pipeline {

struct Page {
  std::string name, text;  // "tables.md" and its Markdown
};

// With the models, metrics and checks of the project, where it has its own. The same input gives the same bytes.
Result<std::vector<Page>> docs_pages(const std::filesystem::path& project);

}  // namespace deskhouse::pipeline
