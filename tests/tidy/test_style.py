"""The project's rules of style, as tests. Each failure names file, line and what to do."""

import pathlib
import re
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]

# Each room and the rooms that it may include, itself apart. CMakeLists.txt links them in the same way.
ROOMS = {
    "base": set(),
    "schema": {"base"},
    "core": {"base"},
    "config": {"base", "schema", "core"},
    "sources": {"base", "schema", "core", "config"},
    "staging": {"base", "schema", "core", "config", "sources"},
    "events": {"base", "schema", "core", "config", "sources", "staging"},
    "capi": {"base", "schema", "core", "config", "sources", "staging", "events"},
    "warehouse": {"base", "schema", "core", "config", "sources", "staging"},
    "models": {"base", "schema", "core", "config", "sources", "staging", "warehouse"},
    "pipeline": {"base", "schema", "core", "config", "sources", "staging", "warehouse", "models"},
    "access": {"base"},
    "control": {"base"},
    "server": {"access", "base", "schema", "core", "config", "sources", "staging", "warehouse", "models", "pipeline"},
    "alerts": {"base", "schema", "core", "config", "sources", "staging", "warehouse", "models", "pipeline"},
    "stream": {"base", "schema", "core", "config", "sources", "staging", "events", "warehouse", "models", "pipeline"},
    "demo": {"base", "schema"},
}
ROOMS["app"] = set(ROOMS)

# Headers that only some rooms may include.
HEADER_ROOMS = {"duckdb.h": {"warehouse"}, "duckdb.hpp": set(), "librdkafka/rdkafka.h": {"stream"}, "curl/curl.h": {"sources", "alerts"}}

# What the pure rooms may not do: time, files, threads and the environment come in as arguments.
PURE_ROOMS = {"core", "staging", "events"}
BANNED_IN_PURE_ROOMS = re.compile(
    r"(system_clock::now|steady_clock::now|\bstd::(if|of|f)stream\b|\bstd::(j?thread|async)\b"
    r"|(?<![\w.>])(std::)?(time|fopen|getenv|open)\s*\()"
)

FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 80

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|not imple" r"mented|unimple" r"mented)\b")
MACHINE_NAMES = re.compile(
    r"(^|[^A-Za-z0-9_.])/(wo" r"rk|fa" r"rm|ro" r"ot)/"
    r"|https?://[a-z0-9.-]*(regis" r"try|pro" r"xy|py" r"pi|mav" r"en|cra" r"tes|deb" r"ian)[a-z0-9.-]*/"
)
TEXT_SUFFIXES = {".cpp", ".h", ".py", ".sh", ".sql", ".toml", ".md", ".cmake", ".txt", ".json", ".yml", ".yaml", ".ini", ".ts", ".tsx", ".mjs", ".css", ".html"}
MODEL_HEADER = ("name", "grain", "kind", "description", "owner")


def tracked_files() -> list[pathlib.Path]:
    """Files that git tracks or would; without git, all that is not built or installed."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=REPO, capture_output=True, text=True, check=True,
        ).stdout.splitlines()
        files = [REPO / name for name in listed]
    except (OSError, subprocess.CalledProcessError):
        outside = {".git", ".deps", "build"}
        files = [p for p in REPO.rglob("*") if p.relative_to(REPO).parts[0] not in outside]
    return [p for p in files if p.is_file()]


def under(*folders: str, suffixes: tuple[str, ...]) -> list[pathlib.Path]:
    return [p for p in FILES if p.suffix in suffixes and p.relative_to(REPO).parts[0] in folders]


FILES = tracked_files()
SOURCES = under("src", suffixes=(".cpp", ".h"))


def room_of(path: pathlib.Path) -> str:
    return path.relative_to(REPO).parts[1]


def numbered_code(path: pathlib.Path):
    """Lines with their numbers, without the text of // comments and of string literals."""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        yield number, re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def complain(findings: list[str]):
    assert not findings, "\n" + "\n".join(findings)


def at(path: pathlib.Path, line: int, what: str) -> str:
    return f"{path.relative_to(REPO)}:{line}: {what}"


def test_there_is_something_to_check():
    assert len(SOURCES) > 10 and (REPO / "src/base/result.h") in SOURCES


def test_rooms_are_the_ones_of_cmake():
    declared = re.findall(r"^deskhouse_room\((\w+)", (REPO / "CMakeLists.txt").read_text(), re.MULTILINE)
    assert set(declared) == set(ROOMS)
    assert {room_of(p) for p in SOURCES} <= set(ROOMS), "a folder of src is not a room of CMakeLists.txt"


def include_findings(path: pathlib.Path, text: str) -> list[str]:
    room, findings = room_of(path), []
    for number, line in enumerate(text.splitlines(), start=1):
        included = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if not included:
            continue
        name = included.group(1)
        other = name.split("/")[0]
        if "/" in name and other in ROOMS and other != room and other not in ROOMS[room]:
            findings.append(at(path, number, f"{room} may not include {name}: {room} stands left of {other}"))
        if name in HEADER_ROOMS and room not in HEADER_ROOMS[name]:
            findings.append(at(path, number, f"{name} belongs to {', '.join(HEADER_ROOMS[name]) or 'no room'}"))
        if '"' in line and "/" not in name:
            findings.append(at(path, number, f"include paths begin at src: \"{room}/{name}\""))
    return findings


def test_includes_point_one_way():
    complain([finding for path in SOURCES for finding in include_findings(path, path.read_text())])


def test_includes_rule_finds_what_it_should():
    path = REPO / "src/core/example.h"
    assert include_findings(path, '#include "base/result.h"\n#include <vector>') == []
    assert len(include_findings(path, '#include "warehouse/database.h"\n#include <duckdb.h>\n#include "sla.h"')) == 3


def test_pure_rooms_touch_nothing_outside():
    complain([
        at(path, number, f"{room_of(path)} is pure: {found.group(0).strip()} must come in as an argument")
        for path in SOURCES if room_of(path) in PURE_ROOMS
        for number, code in numbered_code(path) if (found := BANNED_IN_PURE_ROOMS.search(code))
    ])


@pytest.mark.parametrize("code, banned", [
    ("auto t = std::chrono::system_clock::now();", True), ("std::ifstream in(path);", True),
    ("auto now = time(nullptr);", True), ("std::thread worker;", True), ("if (getenv(name))", True),
    ("first_response_time(t);", False), ("calendar.open(t)", False), ("std::this_thread_is_fine", False),
])
def test_pure_rule_finds_what_it_should(code, banned):
    assert bool(BANNED_IN_PURE_ROOMS.search(code)) == banned


def test_files_are_short():
    long = [(len(p.read_text().splitlines()), p) for p in SOURCES + under("web", suffixes=(".ts", ".tsx", ".css"))]
    complain([at(p, n, f"{n} lines; over {FILE_LINES_MAX} a file has more than one purpose: split it")
              for n, p in long if n > FILE_LINES_MAX])


def long_functions(path: pathlib.Path):
    """First line and length of each function body over the limit: from a line that ends in ') {' (with const,
    noexcept, override or a return type between) to the line that closes its brace. Rough, and enough."""
    open_functions, depth = [], 0
    opens = re.compile(r"\)\s*(const|noexcept|override|mutable|->\s*[\w:<>,&*\s]+|\s)*\{\s*$")
    for number, code in numbered_code(path):
        if opens.search(code) and not re.match(r"\s*(\}\s*else\s+)?(if|for|while|switch)\b", code):
            open_functions.append((depth, number))
        depth += code.count("{") - code.count("}")
        while open_functions and depth <= open_functions[-1][0]:
            _, first = open_functions.pop()
            if number - first + 1 > FUNCTION_LINES_MAX:
                yield first, number - first + 1


def test_functions_are_short():
    complain([at(path, first, f"a function of {lines} lines; the limit is {FUNCTION_LINES_MAX}")
              for path in SOURCES for first, lines in long_functions(path)])


def test_function_rule_finds_what_it_should(tmp_path):
    body = "  x();\n" * FUNCTION_LINES_MAX
    (tmp_path / "a.cpp").write_text(f"namespace n {{\nint f(int x) const {{\n{body}}}\nint g() {{\n  x();\n}}\n}}\n")
    assert list(long_functions(tmp_path / "a.cpp")) == [(2, FUNCTION_LINES_MAX + 2)]


def text_lines():
    for path in FILES:
        if path.suffix in TEXT_SUFFIXES or path.suffix == "":
            if path.stat().st_size > 1 << 20:
                continue  # data, not text
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
                yield path, number, line


def test_nothing_is_left_unfinished():
    rooms = {"src", "models", "checks", "scripts", "cmake", "tests", "bench", "web"}
    complain([at(path, number, "finish it, or open an issue") for path, number, line in text_lines()
              if path.relative_to(REPO).parts[0] in rooms and UNFINISHED.search(line)])


def test_no_machine_or_registry_is_named():
    complain([at(path, number, f"names a machine's path or a registry: {found.group(0)}")
              for path, number, line in text_lines() if (found := MACHINE_NAMES.search(line))])


def test_links_between_documents_lead_somewhere():
    findings = []
    for path in FILES:
        if path.suffix != ".md":
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                    findings.append(at(path, number, f"there is no {target}"))
    complain(findings)


def test_models_have_headers():
    models = under("models", suffixes=(".sql",))
    assert models, "there is no model"
    findings = []
    for path in models:
        comments = [line for line in path.read_text().splitlines() if line.startswith("--")]
        keys = {found.group(1) for line in comments if (found := re.match(r"--\s*(\w+):\s*\S", line))}
        findings += [at(path, 1, f"the header lacks '-- {key}: ...'") for key in MODEL_HEADER if key not in keys]
    complain(findings)
