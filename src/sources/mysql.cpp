#include "sources/mysql.h"

#include <fmt/format.h>

#include <utility>

#include "sources/encoding.h"
#include "sources/mysql_examine.h"
#include "sources/mysql_query.h"
#include "sources/mysql_session.h"
#include "sources/sql_reader.h"
#include "sources/sql_source.h"

namespace deskhouse::sources {
namespace {

struct MysqlPlan : SqlPlan {
  MysqlRelation relation;
  std::vector<MysqlForm> forms;  // parallel to columns.select
};

class MysqlReader final : public SqlReader {
 public:
  MysqlReader(MysqlSession& session, const MysqlPlan& plan)
      : SqlReader(plan, session.snapshot().clocks), session_(session), relation_(plan.relation), forms_(plan.forms) {}
  ~MysqlReader() override {
    if (is_reading()) session_.abandon_read();
  }

 private:
  Result<SqlState> start() override {
    DH_TRY(session_.begin());
    auto statement = make_statement(plan().entity, relation_, plan().cursor, plan().scans, session_.snapshot(),
                                    plan().columns, plan().since);
    const auto what = fmt::format("reading {}", shown());
    for (const auto& [name, value] : statement.variables)
      DH_TRY(session_.query(what, fmt::format("set @{} = ?", name), {value}));
    DH_TRY(session_.start_read(what, statement.sql));
    return std::move(statement.state);
  }

  Result<bool> read(RawBatch& batch, TextArena& arena) override {
    DH_ASSIGN(const auto row, session_.next_row());
    if (row.empty()) return false;
    const auto before = batch.bytes;
    append(row, batch, arena);
    count_bytes(batch.bytes - before);
    return true;
  }

  void append(std::span<const std::string_view> values, RawBatch& batch, TextArena& arena) {
    auto& row = records().row();
    row.clear();
    Defect defect;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      const auto form = forms_[i];
      const auto value = values[i];
      if (value.data() == nullptr) {
        row.add_null();
      } else if (form == MysqlForm::text) {
        row.add_text(value);
      } else if (form == MysqlForm::bytes) {
        row.add_text(value);
        if (defect.reason.empty() && !text_defect(value, "utf-8").empty())
          defect = {plan().columns.select[i],
                    "binary data that is no UTF-8 text; read it with hex() or convert(... using ...) in a `query`"};
      } else {
        row.add_plain([&](std::string& out) {
          append_mysql_text(form, value, out);
          return true;
        });
      }
    }
    // The server sends what a column of our character set holds without a look at it.
    constexpr bool kChecksText = true;
    records().append(batch, arena, kChecksText, std::move(defect));
  }

  MysqlSession& session_;
  const MysqlRelation relation_;
  const std::vector<MysqlForm> forms_;
};

struct MysqlServer {
  using Session = MysqlSession;
  using Plan = MysqlPlan;
  using Reader = MysqlReader;
  static Result<bool> scans(const config::EntityMapping& entity, const MysqlRelation& relation,
                            const MysqlSnapshot& snapshot) {
    return scans_all(entity, relation, snapshot);
  }
  static Result<MysqlForm> form_of(const config::EntityMapping& entity, const MysqlRelation& relation,
                                   const MysqlColumn& column) {
    if (column.form != MysqlForm::refused) return column.form;
    return wrong(entity, fmt::format("the column '{}' of {} holds shapes, which have no text: read it with ST_AsText() "
                                     "in a `query`",
                                     column.name, relation.shown));
  }
  static std::string who(const MysqlSnapshot& snapshot) { return "the user " + snapshot.user; }
  static std::string grantee(const MysqlSnapshot& snapshot) { return snapshot.user; }
};

}  // namespace

Result<std::unique_ptr<Source>> make_mysql_source(const config::SourceConfig& source, const SourceServices&) {
  return std::make_unique<SqlSource<MysqlServer>>(source);
}

}  // namespace deskhouse::sources
