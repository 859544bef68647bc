#include "sources/files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "sources/file_list.h"
#include "unit/sources/fake_parquet.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  std::vector<std::string> list(const std::string& path) {
    const auto files = list_files(entity_of(folder_, path));
    std::vector<std::string> names;
    if (!files) return {files.error().message};
    for (const InputFile& file : *files) names.push_back(file.shown);
    return names;
  }
  TempFolder folder_;
};

TEST_F(Files, FolderGivesKnownFormatsInByteOrder) {
  for (const char* name : {"d/b.csv", "d/B.csv", "d/a.jsonl.gz", "d/10.csv", "d/9.csv", "d/é.tsv", "d/.h.csv",
                           "d/notes.txt", "d/sub/x.csv", "d/p.PARQUET"}) {
    folder_.write(name, "x");
  }
  EXPECT_THAT(list("d"),
              ElementsAre("d/10.csv", "d/9.csv", "d/B.csv", "d/a.jsonl.gz", "d/b.csv", "d/p.PARQUET", "d/é.tsv"));
  EXPECT_EQ(list("d/"), list("d"));
}

TEST_F(Files, Globs) {
  for (const char* name : {"d1/a.csv", "d2/b.csv", "d2/c.jsonl", "d2/.x.csv", "d2/[1].csv"}) folder_.write(name, "x");
  EXPECT_THAT(list("d*/*.csv"), ElementsAre("d1/a.csv", "d2/[1].csv", "d2/b.csv"));
  EXPECT_THAT(list("d2/{b.csv,c.jsonl}"), ElementsAre("d2/b.csv", "d2/c.jsonl"));
  EXPECT_THAT(list("d?/[a-b].csv"), ElementsAre("d1/a.csv", "d2/b.csv"));
  EXPECT_THAT(list("d2/[1].csv"), ElementsAre("d2/[1].csv")) << "a file of that very name goes first";
  EXPECT_THAT(list((folder_.path() / "d1/*.csv").string()), ElementsAre("d1/a.csv"));
}

TEST_F(Files, ProjectFolderIsNoPattern) {
  folder_.write("odd [x]{y}*/in/a.csv", "a\n1\n");
  config::EntityMapping entity = entity_of(folder_, "in/*.csv");
  entity.project = folder_.path() / "odd [x]{y}*";
  const auto files = list_files(entity);
  ASSERT_TRUE(files.has_value()) << files.error().message;
  EXPECT_EQ(files->at(0).shown, "in/a.csv");
}

TEST_F(Files, WhatIsMissingIsNamed) {
  folder_.write("empty/notes.txt", "x");
  EXPECT_THAT(list("none.csv"),
              ElementsAre(HasSubstr("desk.tickets (deskhouse.toml line 7): none.csv does not exist")));
  EXPECT_THAT(list("none/a.csv"), ElementsAre(HasSubstr("none/a.csv does not exist")));
  EXPECT_THAT(list("none/*.csv"), ElementsAre(HasSubstr("no file matches 'none/*.csv'")));
  EXPECT_THAT(list("empty"), ElementsAre(HasSubstr("the folder empty has no file of a known format")));
  EXPECT_THAT(list("empty/notes.txt"), ElementsAre(HasSubstr("does not tell its format")));
  folder_.write("p.parquet.gz", "x");
  EXPECT_THAT(list("p.parquet.gz"), ElementsAre(HasSubstr("unpack it")));
}

// As a user without rights; root has them all.
class Unprivileged {
 public:
  Unprivileged() : root_(::geteuid() == 0) {
    if (root_ && ::seteuid(65534) != 0) std::abort();
  }
  ~Unprivileged() {
    if (root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool root_;
};

TEST_F(Files, WithoutPermission) {
  folder_.write("closed/a.csv", "a\n1\n");
  folder_.write("a.csv", "a\n1\n");
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod((folder_.path() / "closed").c_str(), 0);
  ::chmod((folder_.path() / "a.csv").c_str(), 0);
  {
    const Unprivileged user;
    for (const char* path : {"closed", "closed/a.csv", "closed/*.csv", "a.csv", "*.csv"}) {
      const auto reader = files_source()->open(entity_of(folder_, path), {"a"}, {});
      ASSERT_FALSE(reader.has_value()) << path;
      EXPECT_THAT(reader.error().message, HasSubstr("Permission denied; give this user permission")) << path;
    }
  }
  ::chmod((folder_.path() / "closed").c_str(), 0755);
}

TEST_F(Files, DeclaredFormatGoesBeforeTheName) {
  folder_.write("in/a.txt", "id\n1\n");
  folder_.write("in/b.dat.gz", gzip("id\n2\n"));
  config::EntityMapping entity = entity_of(folder_, "in");
  entity.format = config::Format::csv;
  const auto records = read_any_way(entity, {"id"});
  ASSERT_TRUE(records.has_value()) << records.error().message;
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[1].file, "in/b.dat.gz");
  EXPECT_EQ((*records)[1].values, Values{"2"});
}

TEST_F(Files, EachFileHasItsOwnColumnOrder) {
  folder_.write("in/1.csv", "id,subject,extra\n1,a,x\n");
  folder_.write("in/2.csv", "subject,id\nb,2\n");
  const auto reader = files_source()->open(entity_of(folder_, "in"), {"id", "subject"}, {}).value();
  const auto records = read_all(*reader, 10).value();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].values, (Values{"1", "a"}));
  EXPECT_EQ(records[1].values, (Values{"2", "b"}));
  EXPECT_EQ(records[1].position, 1);
  EXPECT_THAT(reader->unmapped_columns(), ElementsAre("extra"));
  EXPECT_EQ(reader->header(0), "id,subject,extra");
  EXPECT_EQ(reader->header(1), "subject,id");
}

TEST_F(Files, AColumnMissingInTheLastFileIsFoundBeforeAnythingIsRead) {
  folder_.write("in/1.csv", "id,subject\n1,a\n");
  folder_.write("in/2.csv", "id,subjects\n2,b\n");
  const auto reader = files_source()->open(entity_of(folder_, "in"), {"id", "subject"}, {});
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().kind, Error::Kind::config);
  EXPECT_THAT(reader.error().message, HasSubstr("'subject', which in/2.csv does not have; did you mean 'subjects'?"));
}

TEST_F(Files, AJsonKeyMustBeInSomeFile) {
  folder_.write("in/1.jsonl", "{\"id\":1}\n");
  folder_.write("in/2.jsonl", "{\"id\":2,\"closed_at\":\"x\"}\n");
  EXPECT_TRUE(read_entity(entity_of(folder_, "in"), {"id", "closed_at"}).has_value());
  const auto records = read_entity(entity_of(folder_, "in"), {"id", "close_at"});
  ASSERT_FALSE(records.has_value());
  EXPECT_THAT(records.error().message, HasSubstr("'close_at', which no record of in has; did you mean 'closed_at'?"));
}

TEST_F(Files, BatchesHaveRecordsOfOneFile) {
  folder_.write("in/1.csv", "id\n1\n2\n");
  folder_.write("in/2.csv", "id\n");
  folder_.write("in/3.csv", "id\n3\n");
  const auto reader = files_source()->open(entity_of(folder_, "in"), {"id"}, {}).value();
  RawBatch batch;
  ASSERT_TRUE(reader->next(batch, 100).value());
  EXPECT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(batch.file_index, 0);
  ASSERT_TRUE(reader->next(batch, 100).value());
  EXPECT_EQ(batch.file, "in/3.csv");
  EXPECT_EQ(batch.file_index, 2);
  EXPECT_FALSE(reader->next(batch, 100).value());
}

TEST_F(Files, ImpossibleDelimitersAreRefused) {
  folder_.write("a.csv", "a\n1\n");
  config::EntityMapping entity = entity_of(folder_, "a.csv");
  entity.delimiter = '"';
  EXPECT_THAT(files_source()->open(entity, {"a"}, {}).error().message, HasSubstr("delimiter and quote must differ"));
  entity.delimiter = '\n';
  EXPECT_THAT(files_source()->open(entity, {"a"}, {}).error().message, HasSubstr("line 7"));
}

TEST_F(Files, ParquetRowsGetJsonAsTheirRawBytes) {
  FakeParquet parquet;
  folder_.write("t.parquet", "PAR1");
  parquet.tables[folder_.path() / "t.parquet"] = {{"id", "text", "more"},
                                                  {{"1", "say \"hi\"\n", "x"}, {"2", std::nullopt, ""}}};
  const auto reader = files_source(4096, &parquet)->open(entity_of(folder_, "t.parquet"), {"id", "text"}, {}).value();
  const auto records = read_all(*reader, 10).value();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].raw, R"({"id":"1","text":"say \"hi\"\u000a"})");
  EXPECT_EQ(records[1].raw, R"({"id":"2","text":null})");
  EXPECT_EQ(records[1].line, 2);
  EXPECT_THAT(reader->unmapped_columns(), ElementsAre("more"));
}

TEST_F(Files, ParquetWithoutItsReaderIsRefused) {
  folder_.write("t.parquet", "PAR1");
  const auto reader = files_source()->open(entity_of(folder_, "t.parquet"), {"id"}, {});
  ASSERT_FALSE(reader.has_value());
  EXPECT_THAT(reader.error().message, HasSubstr("t.parquet: Parquet files cannot be read"));
}

}  // namespace
}  // namespace deskhouse::sources
