"""The generated pages of docs/ are those that the program writes."""

import pytest

PAGES = ["tables.md", "metrics.md", "config.md", "checks.md"]


@pytest.fixture(scope="module")
def generated(deskhouse, repo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    deskhouse("-C", repo, "docs", "--output", folder, "-q")
    return folder


def test_all_pages_are_written(generated):
    assert sorted(p.name for p in generated.iterdir()) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(generated, repo, page):
    committed = repo / "docs" / page
    assert committed.is_file() and committed.read_text() == (generated / page).read_text(), f"docs/{page} is stale: run `deskhouse docs` in the checkout"
