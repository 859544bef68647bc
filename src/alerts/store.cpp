#include "alerts/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/fault.h"
#include "base/json_text.h"
#include "warehouse/row_writer.h"

namespace deskhouse::alerts {

namespace {

using warehouse::sql_text;
using warehouse::sql_timestamp;
constexpr std::int64_t kRefusalsMax = 5;
constexpr std::int64_t kKeptUs = 7 * kMicrosPerDay;

std::optional<Timestamp> time_at(const warehouse::Rows& rows, std::size_t row, std::size_t column) {
  return rows.is_null(row, column) ? std::nullopt : std::optional(Timestamp{rows.integer(row, column)});
}

std::string list_json(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? "," : "") + json_text(text);
  return out + "]";
}

config::Severity severity_of(std::string_view text) {
  for (const auto severity : {config::Severity::critical, config::Severity::warning})
    if (text == to_string(severity)) return severity;
  return config::Severity::info;
}

std::string or_null(const std::optional<Timestamp>& at) {
  return at ? sql_timestamp(*at) : "null";
}

Status write_events(warehouse::Connection& connection, std::span<const Event> events, Timestamp now) {
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "meta", "alert_events"));
  for (const auto& event : events) {
    const auto& a = event.alert;
    writer.timestamp(now).text(lossy_utf8(a.rule)).text(to_json(a.labels)).text(to_string(event.news));
    writer.text(to_string(a.severity)).real(a.value).real(a.threshold).timestamp(a.since).text(plain(a.detail));
    DH_TRY(writer.end_row());
  }
  return writer.flush();
}

Status queue(warehouse::Connection& connection, std::span<const Message> messages, Timestamp now) {
  for (const auto& m : messages) {
    const auto of_alert = m.id.substr(0, m.id.rfind('-') + 1);
    const std::string unless =
        m.event == to_string(News::repeated)
            ? fmt::format(
                  " where not exists (from meta.alert_outbox where channel = {} and status = 'pending' and "
                  "starts_with(id, {}))",
                  sql_text(m.channel), sql_text(of_alert))
            : "";
    DH_TRY(connection.execute(fmt::format(
        "insert into meta.alert_outbox select coalesce((select max(number) from meta.alert_outbox), 0) + 1, "
        "{}, {}, {}, {}, {}, 'pending', 0, null, null{}",
        sql_text(m.id), sql_text(m.channel), sql_text(m.event), sql_text(m.payload), sql_timestamp(now), unless)));
  }
  return {};
}

}  // namespace

Result<AlertsByRule> read_alerts(warehouse::Connection& connection) {
  DH_ASSIGN(const auto rows, connection.query("select rule, labels, state, severity, since, fired_at, told_at, "
                                              "well_since, told, value, threshold, detail, channels from meta.alerts"));
  AlertsByRule by_rule;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    Alert a{.rule = rows.display(i, 0),
            .labels = labels_from_json(rows.text(i, 1)),
            .state = rows.text(i, 2) == "firing" ? State::firing : State::pending,
            .severity = severity_of(rows.text(i, 3)),
            .since = Timestamp{rows.integer(i, 4)},
            .fired_at = time_at(rows, i, 5),
            .told_at = time_at(rows, i, 6),
            .well_since = time_at(rows, i, 7),
            .told = rows.integer(i, 8),
            .value = rows.real(i, 9),
            .threshold = rows.real(i, 10),
            .detail = std::string(rows.text(i, 11)),
            .channels = {}};
    const auto channels = nlohmann::json::parse(rows.text(i, 12), nullptr, false);
    if (channels.is_array())
      for (const auto& channel : channels) a.channels.push_back(channel.get<std::string>());
    by_rule[a.rule].push_back(std::move(a));
  }
  return by_rule;
}

Status write_alerts(warehouse::Connection& connection, std::span<const Alert> alerts, std::span<const Event> events,
                    std::span<const Message> messages, Timestamp now) {
  DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection));
  DH_TRY(connection.execute("delete from meta.alerts"));
  std::vector<std::string> rows;
  for (const auto& a : alerts)
    rows.push_back(fmt::format("({}, {}, '{}', '{}', {}, {}, {}, {}, {}, {}::double, {}::double, {}, {})",
                               sql_text(lossy_utf8(a.rule)), sql_text(to_json(a.labels)),
                               a.state == State::firing ? "firing" : "pending", to_string(a.severity),
                               sql_timestamp(a.since), or_null(a.fired_at), or_null(a.told_at), or_null(a.well_since),
                               a.told, sql_text(fmt::to_string(a.value)), sql_text(fmt::to_string(a.threshold)),
                               sql_text(plain(a.detail)), sql_text(list_json(a.channels))));
  if (!rows.empty())
    DH_TRY(connection.execute(fmt::format("insert into meta.alerts values {}", fmt::join(rows, ", "))));
  DH_TRY(write_events(connection, events, now));
  DH_TRY(queue(connection, messages, now));
  DH_TRY(transaction.commit());
  if (!messages.empty()) fault_point("after_alerts_queued");
  return {};
}

Result<std::vector<Message>> due_messages(warehouse::Connection& connection, Timestamp now) {
  DH_ASSIGN(const auto rows, connection.query(fmt::format(
                                 "select number, id, o.channel, event, payload, attempts from meta.alert_outbox "
                                 "o left join meta.alert_channels c on c.channel = o.channel where status = "
                                 "'pending' and (next_attempt_at is null or next_attempt_at <= {}) order by "
                                 "number",
                                 sql_timestamp(now))));
  std::vector<Message> messages;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    messages.push_back({.number = rows.integer(i, 0),
                        .id = rows.display(i, 1),
                        .channel = rows.display(i, 2),
                        .event = rows.display(i, 3),
                        .payload = std::string(rows.text(i, 4)),
                        .attempts = rows.integer(i, 5)});
  return messages;
}

Result<std::optional<Timestamp>> next_due(warehouse::Connection& connection) {
  DH_ASSIGN(const auto at,
            connection.scalar("select min(coalesce(next_attempt_at, created_at)) from meta.alert_outbox o left join "
                              "meta.alert_channels c on c.channel = o.channel where status = 'pending'"));
  return at ? std::optional(Timestamp{*at}) : std::nullopt;
}

Status record_deliveries(warehouse::Connection& connection, std::span<const Delivery> deliveries) {
  if (deliveries.empty()) return {};
  DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection));
  for (const auto& d : deliveries) {
    const auto channel = sql_text(d.message.channel), at = sql_timestamp(d.at), error = sql_text(plain(d.error));
    DH_TRY(
        connection.execute(fmt::format("insert into meta.alert_channels select {0}, 0, 0, 0, null, null, null, null "
                                       "where not exists (from meta.alert_channels where channel = {0})",
                                       channel)));
    if (d.outcome == Delivery::Outcome::sent) {
      DH_TRY(connection.execute(fmt::format(
          "update meta.alert_outbox set status = 'sent', sent_at = {1}, attempts = attempts + 1 where number "
          "= {2}; update meta.alert_channels set sent = sent + 1, failures_in_row = 0, next_attempt_at = "
          "null, last_sent_at = {1} where channel = {0}",
          channel, at, d.message.number)));
      continue;
    }
    DH_ASSIGN(const auto in_row, connection.scalar(fmt::format(
                                     "select failures_in_row from meta.alert_channels where channel = {}", channel)));
    const auto pause = std::max(d.retry_after_seconds, pause_seconds(in_row.value_or(0) + 1, d.message.id));
    const bool gives_up = d.outcome == Delivery::Outcome::refused && d.message.attempts + 1 >= kRefusalsMax;
    DH_TRY(connection.execute(fmt::format(
        "update meta.alert_outbox set attempts = attempts + 1, last_error = {2}, status = '{4}' where number "
        "= {5}; update meta.alert_channels set failures = failures + 1, failures_in_row = failures_in_row + "
        "1, next_attempt_at = {3}, last_error = {2}, last_error_at = {1} where channel = {0}",
        channel, at, error, sql_timestamp({d.at.us + pause * kMicrosPerSecond}), gives_up ? "refused" : "pending",
        d.message.number)));
  }
  const auto old = sql_timestamp({deliveries.back().at.us - kKeptUs});
  DH_TRY(connection.execute(fmt::format(
      "update meta.alert_outbox set status = 'expired' where status = 'pending' and created_at < {0}; delete "
      "from meta.alert_outbox where status = 'sent' and sent_at < {0}",
      old)));
  return transaction.commit();
}

std::int64_t pause_seconds(std::int64_t failures_in_row, std::string_view salt) {
  constexpr std::int64_t kFirst = 5, kLongest = 15 * 60;
  const auto doublings = std::clamp<std::int64_t>(failures_in_row - 1, 0, 10);
  const auto pause = std::min(kFirst << doublings, kLongest);
  const auto spread = std::max<std::int64_t>(pause / 5, 1);
  return pause + static_cast<std::int64_t>(std::hash<std::string_view>{}(salt) % static_cast<std::uint64_t>(spread));
}

}  // namespace deskhouse::alerts
