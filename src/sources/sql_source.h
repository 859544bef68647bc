// What the sources of database servers share beyond their readers: how an entity is opened.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/source.h"
#include "sources/sql_reader.h"

namespace deskhouse::sources {

// `Server` names what one kind of server has of its own:
//   Session, with begin(), snapshot() and may_recover();
//   Plan, an SqlPlan with `relation`, of whose columns each has a `name`, a `type_name` and is `readable` or not, and
//   `forms`;
//   Reader(Session&, const Plan&);
//   scans(entity, relation, snapshot) and form_of(entity, relation, column), which may refuse;
//   who(snapshot) for messages, grantee(snapshot) for GRANT;
// and find_relation, find_cursor and examine_relation are found by the types of their arguments.
template <class Server>
class SqlSource final : public Source {
 public:
  explicit SqlSource(const config::SourceConfig& source) : session_(source) {}

  Result<std::unique_ptr<Reader>> open(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                       const Since& since) override {
    DH_ASSIGN(const auto plan, plan_of(entity, columns, since));
    return std::make_unique<typename Server::Reader>(session_, plan);
  }
  Result<std::optional<std::vector<SourceColumn>>> columns(const config::EntityMapping& entity) override {
    DH_TRY(session_.begin());
    DH_ASSIGN(const auto relation, find_relation(session_, entity));
    std::vector<SourceColumn> columns;
    for (const auto& column : relation.columns) columns.push_back({.name = column.name, .type = column.type_name});
    return columns;
  }
  bool may_recover() const override { return session_.may_recover(); }
  Result<std::vector<Finding>> examine(const config::EntityMapping& entity) override {
    DH_ASSIGN(const auto plan, plan_of(entity, {}, {}));
    return examine_relation(session_, entity, plan.relation, plan.cursor, plan.scans);
  }

 private:
  Result<typename Server::Plan> plan_of(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                        const Since& since) {
    DH_TRY(session_.begin());
    typename Server::Plan plan;
    plan.entity = entity;
    plan.since = since;
    DH_ASSIGN(plan.relation, find_relation(session_, entity));
    DH_ASSIGN(plan.cursor, find_cursor(entity, plan.relation));
    DH_ASSIGN(plan.scans, Server::scans(entity, plan.relation, session_.snapshot()));
    DH_ASSIGN(plan.columns, select_columns(entity, columns, plan.relation.shown, plan.relation.names()));
    for (const auto at : plan.columns.from) {
      const auto& column = plan.relation.columns[at];
      if (!column.readable) return no_right(plan, column.name);
      DH_ASSIGN(const auto form, Server::form_of(entity, plan.relation, column));
      plan.forms.push_back(form);
    }
    return plan;
  }

  std::unexpected<Error> no_right(const typename Server::Plan& plan, const std::string& column) const {
    const auto& snapshot = session_.snapshot();
    auto error =
        wrong(plan.entity, fmt::format("{} may not read the column '{}' of {}. Grant it: GRANT SELECT ON {} TO {}",
                                       Server::who(snapshot), column, plan.relation.shown, plan.relation.from,
                                       Server::grantee(snapshot)));
    error.error().kind = Error::Kind::source;  // of the server, not of deskhouse.toml
    return error;
  }

  typename Server::Session session_;
};

}  // namespace deskhouse::sources
