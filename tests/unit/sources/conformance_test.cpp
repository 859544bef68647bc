// Every source, through the one suite.
#include "conformance/source_conformance.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "unit/sources/fake_parquet.h"
#include "unit/sources/freshservice_server.h"
#include "unit/sources/mariadb_server.h"
#include "unit/sources/postgres_server.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

std::string csv_field(const std::optional<std::string>& value, char delimiter) {
  if (!value) return "";
  if (!value->empty() && value->find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) return *value;
  std::string quoted = "\"";
  for (const char c : *value) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csv_text(const Dataset& data, char delimiter = ',') {
  std::string text;
  const auto line = [&](const Values& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text += delimiter;
      text += csv_field(values[i], delimiter);
    }
    text += '\n';
  };
  line(Values(data.columns.begin(), data.columns.end()));
  for (const Values& row : data.rows) line(row);
  return text;
}

std::string jsonl_text(const Dataset& data) {
  std::string text;
  for (const Values& row : data.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i])
        object[data.columns[i]] = *row[i];
      else
        object[data.columns[i]] = nullptr;
    }
    text += object.dump() + '\n';
  }
  return text;
}

class FilesFixture : public SourceFixture {
 public:
  using Store = std::function<void(const Dataset&, const TempFolder&, FakeParquet&)>;
  FilesFixture(std::string path, std::size_t block_bytes, Store store)
      : store_(std::move(store)), source_(files_source(block_bytes, &parquet_)), entity_(entity_of(folder_, path)) {}

  void store(const Dataset& data) override { store_(data, folder_, parquet_); }
  void remove() override {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::filesystem::remove_all(entry.path());
    }
  }
  Source& source() override { return *source_; }
  config::EntityMapping& entity() override { return entity_; }

 private:
  TempFolder folder_;
  FakeParquet parquet_;
  Store store_;
  std::unique_ptr<Source> source_;
  config::EntityMapping entity_;
};

// Values for an INSERT of a server that takes standard SQL, with backslashes that mean nothing.
std::string sql_rows(const Dataset& data) {
  std::string rows;
  for (const auto& row : data.rows) {
    rows += rows.empty() ? "(" : ", (";
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string text = row[i] ? "'" : "null";
      for (const char c : row[i].value_or("")) text += c == '\'' ? std::string("''") : std::string(1, c);
      rows += (i > 0 ? "," : "") + text + (row[i] ? "'" : "");
    }
    rows += ')';
  }
  return rows;
}

std::string sql_columns(const Dataset& data, const std::string& quote, const std::string& type) {
  std::string columns;
  for (const auto& name : data.columns) columns += (columns.empty() ? "" : ", ") + quote + name + quote + " " + type;
  return columns;
}

// A table in a schema of its own, or a query over it.
class ServerFixture : public SourceFixture {
 public:
  Source& source() override { return *source_; }
  config::EntityMapping& entity() override { return entity_; }
  void store(const Dataset& data) override {
    sql("drop table if exists " + table());
    sql("create table " + table() + " (" + sql_columns(data, quote_, type_) + ")");
    if (!data.rows.empty()) sql("insert into " + table() + " values " + sql_rows(data));
  }
  void remove() override { sql("drop table " + table()); }

 protected:
  ServerFixture(bool as_query, std::string quote, std::string type) : quote_(std::move(quote)), type_(std::move(type)) {
    static int schemas = 0;
    schema_ = "s" + std::to_string(++schemas);
    entity_.source = "desk";
    entity_.entity = "tickets";
    entity_.line = 7;
    (as_query ? entity_.query : entity_.table) = (as_query ? "select * from " : "") + table();
  }
  virtual void sql(const std::string& statement) = 0;
  std::string table() const { return schema_ + ".tickets"; }
  void connect(const std::string& type, const config::Server& server) {
    config::SourceConfig config;
    config.name = "desk";
    config.type = type;
    config.server = server;
    source_ = make_source(config, {}).value();
  }

  const std::string quote_, type_;
  std::string schema_;
  std::unique_ptr<Source> source_;  // its snapshot keeps the table
  config::EntityMapping entity_;
};

class PostgresFixture : public ServerFixture {
 public:
  explicit PostgresFixture(bool as_query) : ServerFixture(as_query, "\"", "text") {
    server_.sql("create schema " + schema_);
    connect("postgresql", server_.address());
  }
  ~PostgresFixture() override {
    source_.reset();
    server_.sql("drop schema " + schema_ + " cascade");
  }

 private:
  void sql(const std::string& statement) override { server_.sql(statement); }
  PostgresServer& server_ = PostgresServer::get();
};

class MysqlFixture : public ServerFixture {
 public:
  explicit MysqlFixture(bool as_query) : ServerFixture(as_query, "`", "longtext") {
    server_.sql("create database " + schema_ + " character set utf8mb4");
    connect("mysql", server_.address(schema_));
  }
  ~MysqlFixture() override {
    source_.reset();
    server_.sql("drop database " + schema_);
  }

 private:
  void sql(const std::string& statement) override {
    server_.sql("set sql_mode = 'NO_BACKSLASH_ESCAPES'; " + statement);
  }
  MariadbServer& server_ = MariadbServer::get();
};

// Tickets of any kind. A source is of one run, so that each look at it needs a new one.
class FreshserviceFixture : public SourceFixture {
 public:
  FreshserviceFixture() {
    config_.name = "desk";
    config_.type = "freshservice";
    config_.freshservice = server_.account();
    entity_.source = "desk";
    entity_.entity = "tickets";
    entity_.line = 7;
  }
  void store(const Dataset& data) override {
    nlohmann::ordered_json records = nlohmann::ordered_json::array();
    std::istringstream lines(jsonl_text(data));
    for (std::string line; std::getline(lines, line);) records.push_back(nlohmann::ordered_json::parse(line));
    server_.show("tickets", records.dump());
  }
  void remove() override { server_.show("tickets", "null"); }
  Source& source() override { return *sources_.emplace_back(make_source(config_, {}).value()); }
  config::EntityMapping& entity() override { return entity_; }

 private:
  FreshserviceServer& server_ = FreshserviceServer::get();
  config::SourceConfig config_;
  std::vector<std::unique_ptr<Source>> sources_;  // outlive their readers
  config::EntityMapping entity_;
};

SourceUnderTest one_file(std::string name, std::string file, std::function<std::string(const Dataset&)> text,
                         std::size_t block_bytes = kDefaultBlockBytes) {
  const auto store = [file, text](const Dataset& data, const TempFolder& folder, FakeParquet&) {
    folder.write(file, text(data));
  };
  return {std::move(name), [=] { return std::make_unique<FilesFixture>(file, block_bytes, store); }};
}

void store_parquet(const Dataset& data, const TempFolder& folder, FakeParquet& parquet) {
  folder.write("tickets.parquet", "PAR1");
  parquet.tables[folder.path() / "tickets.parquet"] = {data.columns, data.rows};
}

// The rows dealt out in order over one file of each format.
void store_mixed(const Dataset& data, const TempFolder& folder, FakeParquet& parquet) {
  std::vector<Dataset> parts(6, Dataset{data.columns, {}});
  for (std::size_t i = 0; i < data.rows.size(); ++i)
    parts[i * parts.size() / data.rows.size()].rows.push_back(data.rows[i]);
  folder.write("in/1.csv", csv_text(parts[0]));
  folder.write("in/2.jsonl.gz", gzip(jsonl_text(parts[1])));
  folder.write("in/3.tsv", csv_text(parts[2], '\t'));
  folder.write("in/4.parquet", "PAR1");
  parquet.tables[folder.path() / "in/4.parquet"] = {data.columns, parts[3].rows};
  folder.write("in/5.NDJSON", jsonl_text(parts[4]));
  folder.write("in/6.csv.gz", gzip(csv_text(parts[5])));
  folder.write("in/.hidden.csv", "not,to,be\nread,,\n");
  folder.write("in/README.txt", "not data");
}

INSTANTIATE_TEST_SUITE_P(
    Files, SourceConformance,
    testing::Values(
        one_file("csv", "tickets.csv", [](const Dataset& d) { return csv_text(d); }),
        one_file(
            "csv_small_blocks", "tickets.csv", [](const Dataset& d) { return csv_text(d); }, 67),
        one_file("csv_gz", "tickets.csv.gz", [](const Dataset& d) { return gzip(csv_text(d)); }),
        one_file(
            "csv_gz_small_blocks", "tickets.csv.gz", [](const Dataset& d) { return gzip(csv_text(d)); }, 61),
        one_file("jsonl", "tickets.jsonl", jsonl_text), one_file("jsonl_small_blocks", "tickets.jsonl", jsonl_text, 71),
        one_file("jsonl_gz", "tickets.jsonl.gz", [](const Dataset& d) { return gzip(jsonl_text(d)); }),
        SourceUnderTest{"parquet",
                        [] { return std::make_unique<FilesFixture>("tickets.parquet", 4096, store_parquet); }},
        SourceUnderTest{"folder_of_all", [] { return std::make_unique<FilesFixture>("in", 4096, store_mixed); }}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Postgresql, SourceConformance,
    testing::Values(SourceUnderTest{"table", [] { return std::make_unique<PostgresFixture>(false); }},
                    SourceUnderTest{"query", [] { return std::make_unique<PostgresFixture>(true); }}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Mysql, SourceConformance,
                         testing::Values(SourceUnderTest{"table", [] { return std::make_unique<MysqlFixture>(false); }},
                                         SourceUnderTest{"query", [] { return std::make_unique<MysqlFixture>(true); }}),
                         [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Freshservice, SourceConformance,
                         testing::Values(SourceUnderTest{"tickets",
                                                         [] { return std::make_unique<FreshserviceFixture>(); }}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace deskhouse::sources
