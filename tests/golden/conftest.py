"""The reader of case files stands beside the test that uses it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


def pytest_addoption(parser):
    parser.addoption("--accept", action="store_true", help="rewrite the expected results of golden cases, to be reviewed as a diff")
