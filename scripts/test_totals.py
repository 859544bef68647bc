"""Adds up what ctest and pytest ran and prints 'N passed, N failed' as the last line.

Usage: test_totals.py RESULTS_FOLDER PYTEST_EXIT_CODE

A C++ program counts by its GoogleTest report. One that has none, or that ctest calls failed though its report
lists no failure (a crash after the report, a sanitizer, a timeout), counts as one failed test.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as xml
from collections import Counter


def gtest_counts(report: pathlib.Path) -> Counter:
    counts = Counter()
    for suite in json.loads(report.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            if test.get("failures"):
                counts["failed"] += 1
            elif test["status"] == "NOTRUN":
                continue  # left out by the filter
            elif test["result"] == "SKIPPED":
                counts["skipped"] += 1
            else:
                counts["passed"] += 1
    return counts


def program_counts(results: pathlib.Path) -> Counter:
    ctest = results / "ctest.xml"
    if not ctest.is_file():
        print("ctest wrote no report: counted as a failure")
        return Counter(failed=1)
    total = Counter()
    for case in xml.parse(ctest).getroot().iter("testcase"):
        program, ok = case.get("name"), case.get("status") == "run"
        report = results / "gtest" / f"{program}.json"
        counts = Counter()
        try:
            counts = gtest_counts(report)
        except (OSError, ValueError, KeyError) as error:
            print(f"{program}: no report ({error})")
            ok = False
        if not ok and not counts["failed"]:
            print(f"{program}: failed as a whole")
            counts["failed"] += 1
        total += counts
    return total


def pytest_counts(results: pathlib.Path, code: int) -> Counter:
    total = Counter()
    report = results / "pytest.xml"
    if report.is_file():
        for suite in xml.parse(report).getroot().iter("testsuite"):
            tests, skipped = int(suite.get("tests")), int(suite.get("skipped"))
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            total += Counter(failed=failed, skipped=skipped, passed=tests - failed - skipped)
    # 0: all passed, 1: some failed (and are counted), 5: there were none; all else is pytest itself failing.
    if code not in (0, 1, 5) or (code == 1 and not total["failed"]):
        print(f"pytest failed as a whole (exit code {code})")
        total["failed"] += 1
    return total


def passed_alone(report: pathlib.Path) -> list[str]:
    if not report.is_file():
        return []
    cases = xml.parse(report).getroot().iter("testcase")
    return [f"{case.get('classname')}.{case.get('name')}" for case in cases if not {"failure", "error", "skipped"} & {part.tag for part in case}]


def main() -> int:
    results, code = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    total = program_counts(results) + pytest_counts(results, code)
    alone = passed_alone(results / "pytest-alone.xml")
    total["failed"] -= len(alone)
    for name in alone:
        print(f"passed only when alone: {name}")
    line = f"{total['passed']} passed, {total['failed']} failed"
    if alone:
        line += f", {len(alone)} passed only when alone"
    if total["skipped"]:
        line += f", {total['skipped']} skipped"
    print(line)
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
