"""`deskhouse check --test`: users' unit tests of checks, and those of the built-in ones."""

CHECK = """-- name: no_p1
-- severity: warn
-- entity: tickets
-- description: No ticket T1.
-- what_to_do: Remove T1.
select id, 'id' as field, id as value, 'found' as message from {{source}} where id = 'T1'
"""
TEST = """
[[tests]]
name = "T1 is named"
check = "no_p1"
given.tickets = [{{ id = "T1" }}, {{ id = "T2" }}]
expect = {expect}
"""


def own_check(folder):
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "checks" / "no_p1.sql").write_text(CHECK)


def own_test(folder, text):
    (folder / "checks" / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "checks" / "tests" / "no_p1.toml").write_text(text)


def test_every_built_in_check_has_a_test_and_passes_it(json_of, repo, desk):
    found = json_of("-C", desk.project(desk.ticket(1)), "check", "--test")
    assert found["ok"] and all(t["result"] == "passed" for t in found["tests"]), found["problems"]
    files = {p.stem for p in (repo / "checks").glob("*.sql")}
    assert files - {t["check"] for t in found["tests"]} == set()


def test_a_projects_test_runs_without_a_warehouse_and_says_what_differs(json_of, desk):
    folder = desk.project(desk.ticket(1))
    own_check(folder)
    own_test(folder, TEST.format(expect='[{ id = "T1", field = "id", message = "found" }]'))
    found = json_of("-C", folder, "check", "--test", "--select", "no_p1")
    assert [(t["test"], t["result"]) for t in found["tests"]] == [("T1 is named", "passed")]
    assert not (folder / "deskhouse.duckdb").exists()
    own_test(folder, TEST.format(expect='[{ id = "T2" }]'))
    found = json_of("-C", folder, "check", "--test", "--select", "no_p1", code=1)
    assert found["problems"] == [{"test": "T1 is named", "where": "checks/tests/no_p1.toml:2",
                                  "problem": "not found: id = T2; not expected: T1 id: found"}]


def test_the_thresholds_are_those_of_the_project_for_its_own_tests(json_of, desk):
    folder = desk.project(desk.ticket(1))
    with (folder / "deskhouse.toml").open("a") as toml:
        toml.write('[quality]\nmissing_percent = 50\n[[quality.outliers]]\nentity = "time_entries"\ncolumn = "minutes"\nmin_sample = 3\nthreshold = 1.4\n')
    own_test(folder, """
[[tests]]
name = "one of three"
check = "outliers_time_entries_minutes"
given.time_entries = [{ id = "E1", minutes = 5 }, { id = "E2", minutes = 5 }, { id = "E3", minutes = 90 }]
expect = [{ id = "E3" }]
""")
    assert json_of("-C", folder, "check", "--test")["ok"]


def test_mistakes_in_a_test_name_the_line(deskhouse, desk):
    folder = desk.project(desk.ticket(1))
    own_check(folder)
    for text, said in [
        ('[[tests]]\nname = "a"\ncheck = "no_p2"\nexpect = []\n', "checks/tests/no_p1.toml:1: there is no check 'no_p2'"),
        ('[[tests]]\nname = "a"\ncheck = "no_p1"\n', "a test says what it expects"),
        ('[[tests]]\nname = "a"\nchek = "no_p1"\nexpect = []\n', "no_p1.toml:3: unknown key 'chek'; did you mean 'check'"),
        ('[[tests]]\nname = "a"\ncheck = "no_p1"\nexpect = [{ ID = "x" }]\n', "no_p1.toml:4: a violation has no 'ID'"),
    ]:
        own_test(folder, text)
        assert said in deskhouse("-C", folder, "check", "--test", code=2).stderr
    own_test(folder, '[[tests]]\nname = "a"\ncheck = "no_p1"\ngiven.tickets = [{ idd = "T1" }]\nexpect = []\n')
    assert "operational.tickets has no column 'idd'" in deskhouse("-C", folder, "check", "--test", code=1).stdout
