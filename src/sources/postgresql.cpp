#include "sources/postgresql.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sources/pg_binary.h"
#include "sources/pg_examine.h"
#include "sources/pg_query.h"
#include "sources/pg_session.h"
#include "sources/sql_reader.h"
#include "sources/sql_source.h"

namespace deskhouse::sources {
namespace {

// Every COPY in binary form begins with it, then flags and the length of an extension.
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kCopyHeader = 19;
constexpr std::uint16_t kEndOfCopy = 0xFFFF;
constexpr std::uint32_t kNull = 0xFFFFFFFF;

struct PgPlan : SqlPlan {
  PgRelation relation;
  std::vector<PgForm> forms;  // parallel to columns.select
};

class PgReader final : public SqlReader {
 public:
  PgReader(PgSession& session, const PgPlan& plan)
      : SqlReader(plan, session.snapshot().clocks), session_(session), relation_(plan.relation), forms_(plan.forms) {}
  ~PgReader() override {
    if (is_reading()) session_.abandon_copy();
  }

 private:
  Result<SqlState> start() override {
    DH_TRY(session_.begin());
    auto statement = make_statement(plan().entity, relation_, plan().cursor, plan().scans, session_.snapshot(),
                                    plan().columns, plan().since);
    const auto what = fmt::format("reading {}", shown());
    for (const auto& [name, value] : statement.settings)
      DH_TRY(session_.query(what, "select set_config($1, $2, true)", {name, value}));
    DH_ASSIGN(const auto columns, session_.lock(what, statement.sql));
    if (!are_as_planned(columns)) return std::unexpected(session_.altered(what));
    DH_TRY(session_.start_copy(what, statement.sql));
    return std::move(statement.state);
  }

  // A binary form read as another one would be some other value.
  bool are_as_planned(const std::vector<PgDescribed>& columns) const {
    return std::ranges::equal(columns, forms_, [](const PgDescribed& column, PgForm form) {
      return form_of(column.type) == (form == PgForm::cast ? PgForm::text : form);
    });
  }

  Result<bool> read(RawBatch& batch, TextArena& arena) override {
    DH_ASSIGN(const auto message, session_.next_message());
    if (!message) return false;
    count_bytes(message->size());
    DH_TRY(read_message(*message, batch, arena));
    return true;
  }

  std::unexpected<Error> broken() const {
    return fail(Error::Kind::source,
                fmt::format("source '{}': {} sent a row of {} that is not of the form it announced. Was the table "
                            "changed while it was read? Run again",
                            plan().entity.source, session_.shown(), shown()));
  }

  // A message holds whole rows; the first one the header, the last one the trailer.
  Status read_message(std::string_view rest, RawBatch& batch, TextArena& arena) {
    if (!saw_header_) {
      if (!rest.starts_with(kSignature) || rest.size() < kCopyHeader) return broken();
      const std::size_t extension = read_u32(rest.data() + kCopyHeader - 4);
      if (rest.size() < kCopyHeader + extension) return broken();
      rest.remove_prefix(kCopyHeader + extension);
      saw_header_ = true;
    }
    while (!rest.empty()) {
      if (rest.size() < 2) return broken();
      const auto fields = read_u16(rest.data());
      rest.remove_prefix(2);
      if (fields == kEndOfCopy) return {};
      if (fields != forms_.size()) return broken();
      records().row().clear();
      for (const auto form : forms_)
        if (!read_field(form, rest)) return broken();
      records().append(batch, arena, session_.snapshot().checks_text);
    }
    return {};
  }

  bool read_field(PgForm form, std::string_view& rest) {
    auto& row = records().row();
    if (rest.size() < 4) return false;
    const auto size = read_u32(rest.data());
    rest.remove_prefix(4);
    if (size == kNull) {
      row.add_null();
      return true;
    }
    if (size > rest.size()) return false;
    const auto bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    if (form == PgForm::text || form == PgForm::cast) {
      row.add_text(bytes);
    } else if (form == PgForm::jsonb) {
      if (bytes.empty() || bytes[0] != 1) return false;
      row.add_text(bytes.substr(1));
    } else {
      return row.add_plain([&](std::string& out) { return append_pg_text(form, bytes, out); });
    }
    return true;
  }

  PgSession& session_;
  const PgRelation relation_;
  const std::vector<PgForm> forms_;
  bool saw_header_ = false;
};

struct PgServer {
  using Session = PgSession;
  using Plan = PgPlan;
  using Reader = PgReader;
  static Result<bool> scans(const config::EntityMapping& entity, const PgRelation& relation, const PgSnapshot&) {
    return scans_transactions(entity, relation);
  }
  static Result<PgForm> form_of(const config::EntityMapping&, const PgRelation&, const PgColumn& column) {
    return sources::form_of(column.type);
  }
  static std::string who(const PgSnapshot& snapshot) { return fmt::format("the role '{}'", snapshot.user); }
  static std::string grantee(const PgSnapshot& snapshot) { return quoted_name(snapshot.user); }
};

}  // namespace

Result<std::unique_ptr<Source>> make_postgresql_source(const config::SourceConfig& source, const SourceServices&) {
  DH_TRY(check_dsn(source));
  return std::make_unique<SqlSource<PgServer>>(source);
}

}  // namespace deskhouse::sources
