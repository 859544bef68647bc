"""deskhouse demo --stream, with and without a broker; and the numbers of now."""

from .events import whole_events


def demo(deskhouse, folder, *arguments):
    return deskhouse("demo", "--tickets", 1000, "--dir", folder, "--stream", "--rate", 0, *arguments)


def test_the_demo_streams_without_a_broker_and_the_same_with_one(make_topic, deskhouse, broker, tmp_path, same):
    make_topic(3, "ticket-events")
    plain, through_kafka = tmp_path / "plain", tmp_path / "kafka"
    said = demo(deskhouse, plain)
    assert "The day after came as a stream" in said.stdout and "critical" in said.stdout
    demo(deskhouse, through_kafka, "--brokers", broker.brokers, "-q")
    same(plain, through_kafka)
    deskhouse("-C", plain, "verify")


def test_the_numbers_of_now_are_those_of_the_tables(topic, make_project):
    topic.send(whole_events(80, seed=60))
    project = make_project(topic)
    said = project.stream("--top")
    last = said.stdout[said.stdout.rindex("Data of"):]
    (open_,), = project.query("select count(*) from operational.tickets where status in ('Open', 'Pending')")
    (all_,), = project.query("select count(*) from operational.tickets")
    assert f"{all_} tickets: {open_} open, {all_ - open_} resolved or closed; 0 deleted" in last
    for created, priority, count in project.query(
            "select strftime(time_bucket(interval 10 second, created_at), '%Y-%m-%dT%H:%M:%SZ'), priority, count(*) from "
            "operational.tickets group by all order by 1 desc limit 12"):
        line, = [row for row in last.splitlines() if row.startswith(created)]
        assert int(line.split()[1 + ["Critical", "High", "Medium", "Low"].index(priority)]) == count
