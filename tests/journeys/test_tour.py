"""The tour of `.docs/tour.md` as a newcomer takes it: every command of it runs, and prints what the page says.

The commands run in one shell for each part. What a person does in the browser, the test does by the desk's own forms.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Thread
from typing import IO, Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest

from dags.desk.language import all_words

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / ".docs/tour.md").read_text()
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT_OF_THE_PAGE = 8901
PORTS = 6
LOGIN = re.compile(r"login: (\S+) +password: (\S+)")
FIELD = re.compile(
    r'name="path" value="([^"]*)">.*?<q>(.*?)</q>.*?<input id="[^"]*" name="value" value="([^"]*)"', re.DOTALL
)


@dataclass(frozen=True)
class Stop:
    """A stop of the tour: the commands of a block, and what the block behind it says they print."""

    commands: str
    printed: str


def stops(part: int) -> list[Stop]:
    """The stops of a part of the page, in order."""
    blocks = BLOCK.findall(PAGE.split("\n## ")[part])
    return [
        Stop(content, blocks[at + 1][1] if at + 1 < len(blocks) and blocks[at + 1][0] == "text" else "")
        for at, (language, content) in enumerate(blocks)
        if language == "bash"
    ]


def fits(printed: str, page: str) -> bool:
    """Whether the output is what the page says; a line of `...` there stands for any lines, else for any text."""
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r" *\n"
        for line in page.splitlines()
    )
    return re.fullmatch("".join(lines), printed) is not None


@dataclass
class Shell:
    """A shell in which the tour's commands run one after the other, with the program of this checkout."""

    home: Path
    first_port: int
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "LIENTHONG_"))}
        self.process = subprocess.Popen(
            ["/bin/bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**kept, "PATH": path, "TMPDIR": str(self.home), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )

    def run(self, commands: str) -> str:
        """What a block of commands prints; each of them must end well."""
        assert self.process.stdin
        assert self.process.stdout
        for port in range(PORTS):
            commands = commands.replace(str(PORT_OF_THE_PAGE + port), str(self.first_port + port))
        commands = commands.replace("pip install uv\n", "").replace("uv run ", "")
        self.process.stdin.write(f'{{ set -e\n{commands}\nset +e\n}}\necho "== $?"\n')
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            if line.startswith("== "):
                assert line == "== 0\n", "".join(printed)
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"the shell ended: {''.join(printed)}")

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody uses."""
    for first in range(18_901, 30_000, count):
        listeners = [socket.socket() for _ in range(count)]
        try:
            for at, listener in enumerate(listeners):
                listener.bind(("127.0.0.1", first + at))
        except OSError:
            continue
        else:
            return first
        finally:
            for listener in listeners:
                listener.close()
    raise AssertionError("no free ports")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    running = Shell(tmp_path, free_ports(PORTS))
    yield running
    running.end()


def test_by_hand_one_birth_reaches_three_registries(shell: Shell) -> None:
    for stop in stops(1):
        printed = shell.run(stop.commands)
        assert not stop.printed or fits(printed, stop.printed), f"{stop.commands}\nprinted\n{printed}"


# The second part: Airflow, and a held dossier that is edited


@dataclass
class Demo:
    """The demo in a process of its own, and the browser of a person at its desk."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    printed: str
    url: str = field(init=False)
    passwords: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.url = re.findall(r"the desk: (\S+)/", self.printed)[0]
        self.passwords = dict(LOGIN.findall(self.printed))

    def run(self, *words: str) -> str:
        """What `lienthong ...` prints beside the demo."""
        command = [sys.executable, "-m", "dags.cli.app", *words]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    def browser(self, user: str) -> "Browser":
        return Browser(self.url, user, self.passwords[user])


class Browser:
    """A user's browser: it logs in, opens pages and sends their forms with the hidden fields that stand in them."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        credentials = json.dumps({"username": user, "password": password}).encode()
        address = f"{url.removesuffix('/lienthong')}/auth/token"
        login = Request(address, credentials, {"Content-Type": "application/json"})
        with self._opener.open(login, timeout=30) as reply:
            self._cookie = f"_token={json.load(reply)['access_token']}; lienthong_language=vi"

    def open(self, path: str, form: list[tuple[str, str]] | None = None) -> tuple[str, str]:
        """Address and text of a page, after a form was sent to it if there is one."""
        data = urlencode(form).encode() if form is not None else None
        request = Request(self.url + path, data, {"Cookie": self._cookie, "Accept": "text/html"})
        with self._opener.open(request, timeout=60) as reply:
            return reply.geturl(), reply.read().decode()


def hidden_fields(page: str, action: str) -> list[tuple[str, str]]:
    """The hidden fields before the first visible one of the form that leads to an action."""
    form = re.search(rf'<form method="post" action="[^"]*{action}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form, action
    fields = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', form[1])
    return [(name, unescape(value)) for name, value in fields if name != "path"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The first command of the second part, until dossiers are held."""
    words = stops(2)[0].commands.replace("uv run lienthong ", "").split()
    environment = {**os.environ, "LIENTHONG_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "dags.cli.app", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        assert process.stderr
        printed = _until_held(process.stderr)
        Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the demo
        yield Demo(process, environment, printed)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def _until_held(lines: IO[str]) -> str:
    printed = ""
    for line in lines:
        printed += line
        if (count := re.search(r"held (\d+)", line)) and int(count[1]) >= 20:
            return printed
    raise AssertionError(f"nothing was held: {printed}")


def test_at_the_desk_a_held_dossier_is_edited_and_goes_on(demo: Demo) -> None:
    start, listed, shown = stops(2)
    assert fits(demo.printed, start.printed), demo.printed
    assert fits(demo.run("--demo", "held"), listed.printed)
    code = edit_one(demo)
    deadline = time.monotonic() + 180
    while not fits(printed := demo.run("--demo", "show", code), shown.printed):
        assert time.monotonic() < deadline, printed
        time.sleep(2)
    assert "sửa" in printed


def edit_one(demo: Demo) -> str:
    """Takes the desk's suggestion for the first held dossier that has one alone; returns the dossier's code."""
    steward = demo.browser("steward")
    for dossier in json.loads(demo.run("--demo", "held", "--json")):
        path = f"/dossier/{dossier['portal_code']}/{dossier['dossier_code']}"
        _, page = steward.open(path)
        fields = FIELD.findall(page)
        if len(dossier["check_codes"]) != 1 or len(fields) != 1 or unescape(fields[0][1]) == unescape(fields[0][2]):
            continue
        name, _, suggestion = map(unescape, fields[0])
        form = [*hidden_fields(page, "/edit"), ("path", name), ("value", suggestion)]
        address, _ = steward.open(f"{path}/edit", form)
        if "done=edited.cleared" in address or ("done=pending" in address and confirmed(demo, dossier)):
            return str(dossier["dossier_code"])
    raise AssertionError("no held dossier has a suggestion")


def confirmed(demo: Demo, dossier: dict[str, Any]) -> bool:
    """Whether the second person's agreement set the dossier going."""
    second = demo.browser("second")
    _, page = second.open("/confirm")
    card = page[page.index(dossier["dossier_code"]) :]
    address, _ = second.open("/confirm", [*hidden_fields(card, "/confirm"), ("act", "confirm")])
    return "done=confirmed" in address


def test_the_words_of_the_desk_on_the_page_are_those_of_the_desk() -> None:
    quoted = {words for words in re.findall(r"\*([^*\n]+)\*", PAGE) if not words.isascii()}
    assert len(quoted) >= 3
    assert quoted - {text.vi for text in all_words().values()} == set()


@pytest.mark.parametrize(
    ("printed", "page", "is_so"),
    [
        ("a 1 b\n", "a ... b\n", True),
        ("a\nb\nc\n", "...\nc\n", True),
        ("a\nb\nc\n", "...\nb\n", False),
        ("a  \n", "a\n", True),
        ("", "a\n", False),
    ],
)
def test_what_is_printed_is_compared_line_by_line(printed: str, page: str, is_so: bool) -> None:
    assert fits(printed, page) is is_so
