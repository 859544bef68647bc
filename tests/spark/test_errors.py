"""What is wrong with a cluster is said in a sentence."""

import subprocess
import sys

import pytest
from cluster import free_port


def refused(desk, binary, environment, *arguments):
    done = subprocess.run([binary, "-C", desk.folder, "run", "-q", *arguments], env={**desk.cluster.environment, **environment},
                          capture_output=True, text=True, timeout=100)
    return done.returncode, done.stderr


@pytest.mark.parametrize("environment, arguments, code, message", [
    ({}, ["--engine", "spark"], 2, "--engine spark wants --master"),
    ({}, ["--master", "local[1]"], 2, "go with --engine spark"),
    ({"PATH": "/nowhere", "JAVA_HOME": ""}, ["--engine", "spark", "--master", "local[1]"], 2, "Spark needs Java"),
    ({"SPARK_HOME": "/nowhere"}, ["--engine", "spark", "--master", "local[1]"], 2, "SPARK_HOME has no bin/spark-submit"),
    ({}, ["--engine", "spark", "--master", "spark://127.0.0.1"], 2, "without a port"),
    ({}, ["--engine", "spark", "--master", "spark://127.0.0.1:PORT"], 1, "There is no Spark master at"),
])
def test_what_is_missing(desk, binary, environment, arguments, code, message):
    arguments = [word.replace("PORT", str(free_port())) for word in arguments]
    found, errors = refused(desk, binary, environment, *arguments)
    assert found == code and message in errors, errors


def test_a_python_that_lacks_packages(desk, binary, tmp_path):
    """The message names the first one, and nothing is published."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    found, errors = refused(desk, binary, {"PYSPARK_PYTHON": str(tmp_path / "bare" / "bin" / "python")},
                            "--engine", "spark", "--master", "local[1]", *desk.cluster.settings())
    assert found == 1 and "Pandas" in errors and "must be installed" in errors and len(errors.splitlines()) < 4, errors
    assert desk.rows("select count(*) from operational.tickets") == ["0"]
