#include "sources/postgresql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "sources/encoding.h"
#include "sources/file_reader.h"
#include "sources/pg_binary.h"
#include "sources/pg_examine.h"
#include "sources/pg_query.h"
#include "sources/pg_session.h"
#include "sources/text_arena.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

// Every COPY in binary form begins with it, then flags and the length of an extension.
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kCopyHeader = 19;
constexpr std::uint16_t kEndOfCopy = 0xFFFF;
constexpr std::uint32_t kNull = 0xFFFFFFFF;

// Writes CSV records that csv.h reads back to the same fields, and remembers where the fields are in them.
class CsvRecordWriter {
 public:
  void clear() {
    line_.clear();
    spans_.clear();
  }
  void separate() {
    if (!spans_.empty()) line_ += ',';
  }
  void add_null() {
    separate();
    spans_.push_back({});
  }
  // Digits and the like: nothing to quote. `append` writes to the line and says whether it could.
  template <class Append>
  bool add_plain(Append append) {
    separate();
    const auto begin = line_.size();
    const bool ok = append(line_);
    spans_.push_back({begin, line_.size() - begin, Span::Kind::verbatim});
    return ok;
  }
  void add_text(std::string_view text) {
    separate();
    constexpr std::size_t kShort = 24;  // longer texts are quoted without a look at what is in them
    if (!text.empty() && text.size() <= kShort && text.find_first_of(",\"\r\n") == std::string_view::npos) {
      spans_.push_back({line_.size(), text.size(), Span::Kind::verbatim});
      line_ += text;
      return;
    }
    line_ += '"';
    const auto begin = line_.size();
    std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) {
      line_ += text;
      spans_.push_back({begin, text.size(), Span::Kind::verbatim});
    } else {
      for (; quote != std::string_view::npos; quote = text.find('"')) {
        line_.append(text.substr(0, quote + 1)).append("\"");
        text.remove_prefix(quote + 1);
      }
      line_ += text;
      spans_.push_back({begin, line_.size() - begin, Span::Kind::doubled});
    }
    line_ += '"';
  }

  std::string_view line() const { return line_; }
  std::size_t fields() const { return spans_.size(); }
  // The field within `kept`, a copy of the line; quotes that were doubled are made single in the arena.
  RawField field(std::size_t index, std::string_view kept, TextArena& arena) const {
    const auto& span = spans_[index];
    if (span.kind == Span::Kind::null) return {};
    const auto text = kept.substr(span.begin, span.size);
    if (span.kind == Span::Kind::verbatim) return text;
    std::string single;
    for (std::size_t i = 0; i < text.size(); ++i) {
      single += text[i];
      if (text[i] == '"') ++i;
    }
    return arena.keep(single);
  }

 private:
  struct Span {
    enum class Kind { null, verbatim, doubled };
    std::size_t begin = 0, size = 0;
    Kind kind = Kind::null;
  };
  std::string line_;
  std::vector<Span> spans_;
};

// What a reader needs to know of its entity; made when it is opened.
struct PgPlan {
  config::EntityMapping entity;
  PgRelation relation;
  std::optional<PgCursor> cursor;
  bool scans = false;
  Since since;
  std::vector<std::string> columns;  // as asked for
  std::vector<std::string> select;   // those that the relation has, each once
  std::vector<int> place;            // of each of `columns` in `select`; -1: absent
  std::vector<PgForm> forms;         // parallel to select
};

class PgReader final : public Reader {
 public:
  PgReader(PgSession& session, PgPlan plan)
      : session_(session),
        plan_(std::move(plan)),
        shown_(plan_.entity.table.empty() ? plan_.entity.entity + " (query)" : plan_.entity.table),
        limit_(static_cast<std::size_t>(plan_.entity.max_record_bytes)) {
    CsvRecordWriter names;
    for (const auto& name : plan_.select) names.add_text(name);
    header_ = names.line();
    if (plan_.cursor)
      latest_ = Timestamp{session_.snapshot().clock.us + plan_.entity.overlap_seconds * kMicrosPerSecond};
  }
  ~PgReader() override {
    if (copying_) session_.abandon_copy();
  }

  const std::vector<std::string>& columns() const override { return plan_.columns; }
  std::vector<std::string> unmapped_columns() const override {
    std::vector<std::string> unmapped;
    for (const auto& column : plan_.relation.columns)
      if (std::ranges::find(plan_.columns, column.name) == plan_.columns.end()) unmapped.push_back(column.name);
    return unmapped;
  }
  std::string header(std::int32_t) const override { return header_; }
  Progress progress() const override { return {bytes_.load(std::memory_order_relaxed), 0}; }
  std::string state() const override { return state_; }
  std::optional<Timestamp> latest_update() const override { return latest_; }

  Result<bool> next(RawBatch& batch, std::size_t max_records) override {
    batch.clear();
    if (error_) return std::unexpected(*error_);
    Result<bool> more = fill(batch, max_records);
    if (!more) {
      error_ = more.error();
      batch.clear();
    }
    return more;
  }

 private:
  Result<bool> fill(RawBatch& batch, std::size_t max_records) {
    if (!started_) DH_TRY(start());
    TextArena arena(batch);
    while (copying_ && batch.records.size() < std::max<std::size_t>(max_records, 1) && batch.bytes < kMaxBatchBytes) {
      auto message = session_.next_message();
      if (!message || !*message) copying_ = false;
      if (!message) return std::unexpected(message.error());
      if (*message) DH_TRY(read_message(**message, batch, arena));
    }
    if (batch.records.empty()) return false;
    batch.file = shown_;
    return true;
  }

  Status start() {
    DH_TRY(session_.begin());
    const auto statement = make_statement(plan_.entity, plan_.relation, plan_.cursor, plan_.scans, session_.snapshot(),
                                          {plan_.columns, plan_.select}, plan_.since);
    const auto what = fmt::format("reading {}", shown_);
    for (const auto& [name, value] : statement.settings)
      DH_TRY(session_.query(what, "select set_config($1, $2, true)", {name, value}));
    DH_TRY(session_.start_copy(what, statement.sql));
    started_ = copying_ = true;
    if (plan_.cursor) state_ = statement.state.text();
    return {};
  }

  std::unexpected<Error> broken() const {
    return fail(Error::Kind::source,
                fmt::format("source '{}': {} sent a row of {} that is not of the form it announced. Was the table "
                            "changed while it was read? Run again",
                            plan_.entity.source, session_.shown(), shown_));
  }

  // A message holds whole rows; the first one the header, the last one the trailer.
  Status read_message(std::string_view rest, RawBatch& batch, TextArena& arena) {
    bytes_.fetch_add(static_cast<std::int64_t>(rest.size()), std::memory_order_relaxed);
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
      if (fields != plan_.forms.size()) return broken();
      line_.clear();
      for (const auto form : plan_.forms)
        if (!read_field(form, rest)) return broken();
      append(batch, arena);
    }
    return {};
  }

  bool read_field(PgForm form, std::string_view& rest) {
    if (rest.size() < 4) return false;
    const auto size = read_u32(rest.data());
    rest.remove_prefix(4);
    if (size == kNull) {
      line_.add_null();
      return true;
    }
    if (size > rest.size()) return false;
    const auto bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    if (form == PgForm::text || form == PgForm::cast) {
      line_.add_text(bytes);
    } else if (form == PgForm::jsonb) {
      if (bytes.empty() || bytes[0] != 1) return false;
      line_.add_text(bytes.substr(1));
    } else {
      return line_.add_plain([&](std::string& out) { return append_pg_text(form, bytes, out); });
    }
    return true;
  }

  void append(RawBatch& batch, TextArena& arena) {
    auto& record = batch.records.emplace_back();
    record.position = record.line = ++position_;
    record.first_field = static_cast<std::uint32_t>(batch.fields.size());
    const auto line = line_.line();
    std::string defect;
    if (line.size() > limit_) {
      record.raw = arena.keep(cut_record(line, limit_));
      defect = oversized_reason(limit_, record.raw.size());
      batch.fields.resize(batch.fields.size() + plan_.columns.size());
    } else {
      record.raw = arena.keep(line);
      if (session_.snapshot().checks_text) defect = text_defect(line, "utf-8");
      for (const int at : plan_.place)
        batch.fields.push_back(at < 0 ? RawField() : line_.field(static_cast<std::size_t>(at), record.raw, arena));
    }
    batch.bytes += record.raw.size();
    if (defect.empty()) return;
    record.defect = static_cast<std::int32_t>(batch.defects.size());
    batch.defects.push_back({"", std::move(defect)});
  }

  PgSession& session_;
  const PgPlan plan_;
  const std::string shown_;
  const std::size_t limit_;
  std::string header_;
  std::optional<Timestamp> latest_;
  bool started_ = false, copying_ = false, saw_header_ = false;
  CsvRecordWriter line_;
  std::int64_t position_ = 0;
  std::atomic<std::int64_t> bytes_{0};
  std::string state_;
  std::optional<Error> error_;
};

class PgSource final : public Source {
 public:
  explicit PgSource(const config::SourceConfig& source) : session_(source) {}

  Result<std::unique_ptr<Reader>> open(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                       const Since& since) override {
    DH_ASSIGN(auto plan, plan_of(entity, columns, since));
    return std::make_unique<PgReader>(session_, std::move(plan));
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
  Result<PgPlan> plan_of(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                         const Since& since) {
    DH_TRY(session_.begin());
    PgPlan plan{.entity = entity,
                .relation = {},
                .cursor = {},
                .since = since,
                .columns = columns,
                .select = {},
                .place = {},
                .forms = {}};
    DH_ASSIGN(plan.relation, find_relation(session_, entity));
    DH_ASSIGN(plan.cursor, find_cursor(entity, plan.relation));
    DH_ASSIGN(plan.scans, scans_transactions(entity, plan.relation));
    const ReadRequest request{.entity = &plan.entity, .columns = &plan.columns};
    DH_ASSIGN(const auto places, locate_columns(request, plan.relation.shown, plan.relation.names()));
    for (const int place : places) {
      if (place < 0) {
        plan.place.push_back(-1);
        continue;
      }
      const auto& column = plan.relation.columns[static_cast<std::size_t>(place)];
      if (!column.readable) return std::unexpected(no_right(entity, plan.relation, column.name));
      auto at = std::ranges::find(plan.select, column.name) - plan.select.begin();
      if (at == std::ssize(plan.select)) {
        plan.select.push_back(column.name);
        plan.forms.push_back(form_of(column.type));
      }
      plan.place.push_back(static_cast<int>(at));
    }
    return plan;
  }

  Error no_right(const config::EntityMapping& entity, const PgRelation& relation, const std::string& column) const {
    return {Error::Kind::source,
            fmt::format("deskhouse.toml line {}: {}.{}: the role '{}' may not read the column '{}' of {}. Grant it: "
                        "GRANT SELECT ON {} TO {}",
                        entity.line, entity.source, entity.entity, session_.snapshot().user, column, relation.shown,
                        relation.from, quoted_name(session_.snapshot().user))};
  }

  PgSession session_;
};

}  // namespace

Result<std::unique_ptr<Source>> make_postgresql_source(const config::SourceConfig& source, const SourceServices&) {
  DH_TRY(check_dsn(source));
  return std::make_unique<PgSource>(source);
}

}  // namespace deskhouse::sources
