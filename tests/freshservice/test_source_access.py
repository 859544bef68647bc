"""Mistakes in the connection to a Freshservice, and keys that may see less: one sentence that names the source, says what is
wrong and what to do, and never shows the key. The doctor says the same."""

import json

import pytest

MISTAKES = {  # keys of the source instead of those of the test server; the key; what is said
    "unknown host": ({"url": "https://no-such-host.invalid"}, "test-key", "there is no host of the name"),
    "no server there": ({"url": "http://127.0.0.1:9"}, "test-key", "cannot be reached"),
    "no encryption there": ({"url": "https://127.0.0.1:{port}"}, "test-key", "cannot be spoken to over TLS"),
    "an address that is no Freshservice": ({"url": "http://127.0.0.1:{port}/nowhere"}, "test-key", "404"),
    "wrong key": ({}, "incorrect", "does not accept the API key (401)"),
    "key that is not set": ({"api_key_env": "NO_SUCH_KEY"}, "test-key",
                            "the environment variable NO_SUCH_KEY that api_key_env names is not set"),
    "no file of the key": ({"api_key_env": None, "api_key_file": "nofile"}, "test-key", "cannot be read or is empty"),
    "no file of the certificate": ({"url": "https://127.0.0.1:{port}", "sslrootcert": "nofile"}, "test-key", "sslrootcert"),
}


def configure(project, changes):
    port = project.server.address.rsplit(":", 1)[1]
    keys = {"url": project.server.address, "api_key_env": "FRESH_KEY", "retries": 0} | changes
    lines = [f"{name} = {json.dumps(value).replace('{port}', port)}" for name, value in keys.items() if value is not None]
    (project.folder / "deskhouse.toml").write_text('[sources.fresh]\ntype = "freshservice"\n' + "\n".join(lines) + "\n")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(project, mistake):
    changes, key, message = MISTAKES[mistake]
    configure(project, changes)
    said = project.failure(key=key)
    assert message in said and "source 'fresh'" in said and len(said.strip().splitlines()) == 1, said
    assert "incorrect" not in said and "test-key" not in said
    found = json.loads(project.deskhouse("doctor", "--json", code=1, key=key).stdout)
    assert any(message in line["found"] + line["what to do"] for line in found if line["state"] == "FAIL")


def test_a_right_that_the_key_lacks_is_one_sentence(project):
    project.server.api.forbidden = {"assets"}
    said = project.deskhouse("run", "--json", "--now", "2026-01-01").stdout
    line, = [line for line in json.loads(said) if line["not available"]]
    assert line["entity"] == "assets" and line["not available"] == "the plan or the role of the API key does not give assets (403)"


def test_the_doctor_sees_the_clock(project, desk):
    """The clock of this test's desk stands at the first of January 2026."""
    found = json.loads(project.deskhouse("doctor", "--json").stdout)
    clock, = [line for line in found if "the server's clock is" in line["found"]]
    assert clock["state"] == "warn" and "behind ours" in clock["found"] and "NTP" in clock["what to do"]
