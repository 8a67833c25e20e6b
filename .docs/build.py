"""Builds the documentation site into `dist/docs/site`: `uv run --group docs python .docs/build.py`.

The pages of the repository keep their place and name, so that the links between them hold here and there. The glossary,
the catalogue of checks and the pages about the packages are made from the code each time. Pages and configuration are
written to `dist/docs`, and Zensical makes the site of them. Exits with 1 for a broken link, and for a page that would
ask another host for a script, a style or an image.
"""

import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS, STAGE, SITE = ROOT / ".docs/zensical.toml", ROOT / "dist/docs", ROOT / "dist/docs/site"
PACKAGES = ("schemas", "connectors", "quality", "dags")
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", *(f"{package}/README.md" for package in PACKAGES))
NOT_SHOWN = ("schemas/migrations",)
"""Scripts that are read in order, not looked up."""
LINKS_TO_TOUR = re.compile(r"\]\((?:\.\./)?\.docs/")
FETCHED = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["']?(?:https?:)?//|<link[^>]+rel=["']?(?:stylesheet|preconnect)[^>]+//"""
)

sys.path.insert(0, str(ROOT))


def main() -> int:
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    for name, content in pages():
        page = STAGE / "pages" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(content)
    (STAGE / "zensical.toml").write_text(configuration())
    built = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=STAGE)
    outside = [page.relative_to(SITE) for page in SITE.rglob("*.html") if FETCHED.search(page.read_text())]
    for page in outside:
        sys.stderr.write(f"{page} asks another host for something\n")
    return 1 if outside else built.returncode


def configuration() -> str:
    """The settings, with a navigation that has a page for each folder that holds code."""
    navigation = [
        {"Start": "index.md"},
        {"Tour of ten minutes": "tour.md"},
        {"The four folders": [{package: f"{package}/README.md"} for package in PACKAGES]},
        {"Glossary": "glossary.md"},
        {"Checks": [{"English": "checks.md"}, {"Tiếng Việt": "checks.vi.md"}]},
        {"Contributing": "CONTRIBUTING.md"},
        {"Security": "SECURITY.md"},
        {"Changes": "CHANGELOG.md"},
        {"Code": [{package: [{folder: page_of(folder)} for folder in folders(package)]} for package in PACKAGES]},
    ]
    return SETTINGS.read_text().replace("[project]\n", f"[project]\nnav = {as_toml(navigation)}\n", 1)


def as_toml(value: object) -> str:
    """Lists, tables and texts, on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def pages() -> Iterator[tuple[str, str]]:
    """The place of each page in the site, and its Markdown."""
    import schemas
    from quality.catalogue import as_markdown

    yield "index.md", in_site((ROOT / "README.md").read_text())
    yield "tour.md", (ROOT / ".docs/tour.md").read_text().replace("](../README.md", "](index.md").replace("](../", "](")
    for name in PAGES:
        yield name, in_site((ROOT / name).read_text())
    yield "glossary.md", f"# Glossary\n\n{glossary(inspect.getdoc(schemas) or '')}\n"
    yield "checks.md", as_markdown(english=True)
    yield "checks.vi.md", as_markdown(english=False)
    for package in PACKAGES:
        for folder in folders(package):
            yield page_of(folder), modules_of(folder)


def in_site(markdown: str) -> str:
    """The tour lies in `.docs/` in the repository, and at the top of the site."""
    return LINKS_TO_TOUR.sub("](", markdown)


def glossary(docstring: str) -> str:
    """The docstring of `schemas`; its indented sentences are a quotation, not a block of code."""
    return re.sub(r"^    (?=\S)", "> ", docstring, flags=re.MULTILINE).replace("\n\n>", "\n>\n>")


def folders(package: str) -> list[str]:
    """The package and the folders below it that hold modules."""
    found = {file.parent.relative_to(ROOT).as_posix() for file in (ROOT / package).rglob("*.py")}
    return sorted(folder for folder in found if not folder.startswith(NOT_SHOWN))


def page_of(folder: str) -> str:
    return f"code/{folder.replace('/', '.')}.md"


def modules_of(folder: str) -> str:
    """A block for each module of a folder, the package itself first."""
    files = sorted((ROOT / folder).glob("*.py"), key=lambda file: (file.stem != "__init__", file.stem))
    modules = [file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for file in files]
    return "\n\n".join([f"# {folder}", *(f"::: {module.removesuffix('.__init__')}" for module in modules), ""])


if __name__ == "__main__":
    sys.exit(main())
