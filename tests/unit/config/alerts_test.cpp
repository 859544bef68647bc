#include "config/alerts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/alert_rules.h"
#include "config/read_channels.h"
#include "unit/config/project.h"

namespace deskhouse::config {
namespace {

const AlertRule* find(const Config& config, std::string_view name) {
  const auto it = std::ranges::find(config.alerts.rules, name, &AlertRule::name);
  return it == config.alerts.rules.end() ? nullptr : &*it;
}

TEST(Alerts, BuiltInRulesAreThereAndMayBeChangedOrOff) {
  const auto plain = load_text("");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->alerts.rules.size(), built_in_rules().size());
  EXPECT_EQ(find(*plain, "missing_data")->threshold, 5);
  EXPECT_EQ(find(*plain, "stale_data")->threshold, 1800);
  EXPECT_EQ(find(*plain, "stale_data")->channels, std::vector<std::string>{"log"});
  const auto changed = load_text(
      "[alerting]\ncool_down = \"2h\"\n[alerts.stale_data]\nthreshold = \"1h\"\nseverity = \"critical\"\nfor = \"5m\"\n"
      "[alerts.sla_risk]\nenabled = false\n[alerts.missing_data]\nthreshold = 2.5\nlabels = { source = \"desk*\" }\n");
  ASSERT_TRUE(changed) << changed.error().message;
  const auto* stale = find(*changed, "stale_data");
  EXPECT_EQ(stale->threshold, 3600);
  EXPECT_EQ(stale->severity, Severity::critical);
  EXPECT_EQ(stale->for_seconds, 300);
  EXPECT_EQ(stale->cool_down_seconds, 7200);
  EXPECT_EQ(find(*changed, "sla_risk"), nullptr);
  EXPECT_EQ(find(*changed, "missing_data")->threshold, 2.5);
  EXPECT_EQ(find(*changed, "missing_data")->labels.size(), 1u);
}

TEST(Alerts, OwnRulesAndTheirMistakes) {
  const auto own = load_text("[alerts.own]\nsql = \"select 1 as value\"\ncomparison = \"<=\"\nthreshold = 3\n");
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(find(*own, "own")->comparison, Comparison::at_most);
  const auto has = [](std::string_view toml, std::string_view text) {
    const auto problem = problem_of(toml);
    EXPECT_NE(problem.find(text), std::string::npos) << problem;
  };
  has("[alerts.own]\nthreshold = 3\n", "either metric or sql");
  has("[alerts.own]\nmetric = \"data_age_second\"\nthreshold = 3\n", "did you mean 'data_age_seconds'?");
  has("[alerts.own]\nsql = \"select 1\"\n", "threshold: required");
  has("[alerts.own]\nsql = \"select 1\"\nthreshold = \"soon\"\n", "neither a number nor a duration");
  has("[alerts.own]\nsql = \"select 1\"\nthreshold = 1\ncomparison = \"=>\"\n", "'=>' is none of");
  has("[alerts.stale_data]\nsql = \"select 1\"\n", "give yours another name");
  has("[alerts.stale_data]\nchannels = [\"opps\"]\n[channels.ops]\ntype = \"log\"\n", "did you mean 'ops'?");
  has("[alerts.stale_data]\nthresold = 1\n", "did you mean 'threshold'?");
  has("[alerts.stale_data]\nseverity = \"bad\"\n", "none of info, warning, critical");
}

TEST(Channels, AreReadAndChecked) {
  const auto config = load_text(
      "[channels.hook]\ntype = \"webhook\"\nurl = \"https://example.com/x\"\nsecret_env = \"S\"\n"
      "[channels.mail]\ntype = \"email\"\nhost = \"mx.example.com\"\nfrom = \"a@example.com\"\nto = "
      "[\"b@example.com\"]\n"
      "tls = \"implicit\"\nmin_severity = \"critical\"\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->alerts.channels.size(), 3u);
  EXPECT_EQ(config->alerts.find("mail")->port, 465);
  EXPECT_EQ(config->alerts.find("mail")->least, Severity::critical);
  EXPECT_FALSE(config->alerts.find("hook")->allow_private);
  const auto has = [](std::string_view toml, std::string_view text) {
    const auto problem = problem_of(toml);
    EXPECT_NE(problem.find(text), std::string::npos) << problem;
  };
  has("[channels.x]\nurl = \"https://a\"\n", "type: required");
  has("[channels.x]\ntype = \"slak\"\n", "did you mean 'slack'?");
  has("[channels.x]\ntype = \"webhook\"\n", "one of url, url_env, url_file");
  has("[channels.x]\ntype = \"webhook\"\nurl = \"http://a\"\n", "allow_private");
  has("[channels.x]\ntype = \"webhook\"\nurl = \"https://u:p@a\"\n", "without a name or password");
  has("[channels.x]\ntype = \"webhook\"\nurl = \"file:///etc/passwd\"\n", "must be https");
  has("[channels.x]\ntype = \"email\"\nhost = \"h\"\nfrom = \"a@b\"\nto = [\"a@b\\r\\nRCPT TO:<c@d>\"]\n",
      "is not an address");
  has("[channels.x]\ntype = \"email\"\nhost = \"h\"\nfrom = \"a@b\"\nto = [\"a@b\"]\ntls = \"none\"\n",
      "allow_private");
}

TEST(Channels, Mailboxes) {
  for (const auto* good : {"a@b", "first.last+tag@example.co.uk"}) EXPECT_TRUE(is_mailbox(good)) << good;
  for (const auto* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "<a@b>", "a@b,c@d", "\"a\"@b", "a@\x7f"})
    EXPECT_FALSE(is_mailbox(bad)) << bad;
}

TEST(Monitoring, StageLimits) {
  const auto config =
      load_text("[monitoring.stages.load]\ntime_max = \"2m\"\nrows_per_second_min = 500\nerrors_max = 0\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->alerts.stages.size(), 1u);
  EXPECT_EQ(config->alerts.stages[0].seconds_max, 120);
  EXPECT_EQ(config->alerts.stages[0].rows_per_second_min, 500);
  EXPECT_EQ(config->alerts.stages[0].errors_max, 0);
}

}  // namespace
}  // namespace deskhouse::config
