"""Prints how quickly keyed rows are loaded, fully checked and searchable, beside a bare COPY of the same text.

    uv run python -m tests.benchmarks.load [--rows 1000000]

Rows of births are generated apart from the code under test. A process of its own loads them into an embedded
PostgreSQL; it is killed with SIGKILL in the middle and started again, and a second load of the file follows. Memory is
the sum of the proportional shares (PSS) of all processes that load: pages that they share count once. It asserts
nothing: read the figures.
"""

import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import psycopg
import typer
from rich.console import Console
from sqlalchemy import URL

from connectors.ledger import upgrade
from connectors.postgres import URL_VARIABLE, EmbeddedServer
from connectors.vault import MASTER_KEY_VARIABLE
from tests.benchmarks.figures import machine

PROVINCE = "24"
BAR_PER_S, BAR_GB = 5_000, 2
BOOK_ROWS = 300
SAMPLE_S = 0.25
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PLACES = [
    f"xã {name}, huyện Tiên Du, tỉnh Bắc Ninh"
    for name in ("Phú Lâm", "Việt Đoàn", "Cảnh Hưng", "Tri Phương", "Minh Đạo", "Đại Đồng")
]
FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Mai Trịnh Cao".split()
MIDDLE = "Văn Thị Hữu Đức Minh Quang Ngọc Thu Thanh Xuân Đình Công Kim Bích Hồng Thế Viết Trọng Mạnh Tuấn".split()
GIVEN = (
    "An Anh Bình Châu Chi Cường Dung Dũng Duyên Giang Hà Hải Hạnh Hằng Hiền Hiếu Hoa Hòa Hùng Huy Hương Khánh Lan Liên"
    " Linh Loan Long Lợi Mai Minh Nam Nga Ngân Nhung Oanh Phong Phúc Phương Quân Quý Sơn Tâm Thảo Thắng Trang Tú Tùng"
    " Tuyết Vân Yến"
).split()
HEADERS = (
    "STT so quyenSo trangSo ngayDangKy loaiDangKy noiDangKy nguoiKy chucVuNguoiKy nguoiThucHien ghiChu nksHoTen"
    " nksGioiTinh nksNgaySinh nksNoiSinh nksQueQuan nksDanToc nksQuocTich nksLoaiKhaiSinh meHoTen meNgaySinh meDanToc"
    " meQuocTich meLoaiCuTru meNoiCuTru chaHoTen chaNgaySinh chaDanToc chaQuocTich chaLoaiCuTru chaNoiCuTru nycHoTen"
    " nycQuanHe"
).split()
LOADING = """
import sys
from pathlib import Path
from connectors.ledger import open_ledger
from dags.steps.loading import LoadPlan, load_file
with open_ledger() as ledger:
    report = load_file(ledger, LoadPlan(Path(sys.argv[1]), sys.argv[2]), "benchmark")
print(report.rows, report.is_repeat, dict(report.counts))
"""


def main(rows: Annotated[int, typer.Option(min=1_000)] = 1_000_000) -> None:
    """Generates, copies, loads, kills, loads again, and prints."""
    out = Console(width=120, highlight=False)
    out.print(f"load: {rows:,} rows; {machine()}; load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - the server's account passes through it
        path = Path(folder) / "births.csv"
        write_births(path, rows)
        with EmbeddedServer(Path(folder) / "postgres") as server:
            seconds = _bare_copy(server.url("bare"), path)
            out.print(f"load: bare COPY of the text, {path.stat().st_size / 1e6:.0f} MB: {rows / seconds:,.0f} rows/s")
            url = server.url("whole")
            upgrade(url)
            _print_whole(out, url, path, rows)
            killed = server.url("killed")
            upgrade(killed)
            _print_killed(out, url, killed, path, rows)


def _print_whole(out: Console, url: URL, path: Path, rows: int) -> None:
    run = _load(url, path)
    out.print(f"load: {run['said']}")
    out.print(
        f"load: {rows / run['seconds']:,.0f} rows/s (bar {BAR_PER_S:,}), peak {run['peak_gb']:.2f} GB (bar {BAR_GB});"
        f" CPU {run['cpu_s'] / rows * 1e6:.0f} µs a row of us; load average {os.getloadavg()[0]:.1f}"
    )
    before = _state(url)
    again = _load(url, path)
    is_same = "unchanged" if _state(url) == before else "CHANGED"
    out.print(f"load: a second load took {again['seconds']:.1f} s, the ledger is {is_same}: {again['said']}")
    sizes = ("records", "searchables", "events", "ix_searchables_tokens")
    with psycopg.connect(_dsn(url)) as connection:
        for name in sizes:
            found = connection.execute("SELECT pg_total_relation_size(%s::regclass)", [name]).fetchone()
            out.print(f"load: {name} {found[0] / 1e6:,.0f} MB" if found else "")


def _print_killed(out: Console, whole: URL, url: URL, path: Path, rows: int) -> None:
    killed = _load(url, path, kill_at=rows // 2)
    run = _load(url, path)
    is_same = "the same state" if _state(url) == _state(whole) else "ANOTHER STATE"
    out.print(f"load: killed after {killed['position']:,} rows and started again: {is_same} ({run['seconds']:.1f} s)")


def write_births(path: Path, rows: int) -> None:
    """Births of many books, one after the other, from a fixed seed."""
    chance = random.Random(10)
    with path.open("w", newline="") as content:
        writer = csv.DictWriter(content, HEADERS)
        writer.writeheader()
        writer.writerows(_births(chance, rows))


def _births(chance: random.Random, rows: int) -> Iterator[dict[str, Any]]:
    for index in range(rows):
        book, number = divmod(index, BOOK_ROWS)
        year, place = 1950 + book % 60, PLACES[book // 60 % len(PLACES)]
        father, mother = _name(chance), _name(chance)
        home = f"Thôn {chance.randint(1, 9)}, {place}"
        yield {
            "STT": index + 1,
            "so": number + 1,
            "quyenSo": f"{book // 60 // len(PLACES) + 1:02d}/{year}",
            "trangSo": number // 2 + 1,
            "ngayDangKy": f"{chance.randint(1, 28):02d}.12.{year}",
            "loaiDangKy": 1,
            "noiDangKy": place,
            "nguoiKy": _name(chance),
            "chucVuNguoiKy": "Chủ tịch",
            "nguoiThucHien": _name(chance),
            "nksHoTen": f"{father.split()[0]} {_name(chance).partition(' ')[2]}",
            "nksGioiTinh": chance.choice("12"),
            "nksNgaySinh": f"{chance.randint(1, 28):02d}.{chance.randint(1, 11):02d}.{year}",
            "nksNoiSinh": place,
            "nksQueQuan": place,
            "nksDanToc": "Kinh",
            "nksQuocTich": "Việt Nam",
            "nksLoaiKhaiSinh": 1,
            "meHoTen": mother,
            "meNgaySinh": year - chance.randint(20, 38),
            "meDanToc": "Kinh",
            "meQuocTich": "Việt Nam",
            "meLoaiCuTru": 1,
            "meNoiCuTru": home,
            "chaHoTen": father,
            "chaNgaySinh": year - chance.randint(22, 40),
            "chaDanToc": "Kinh",
            "chaQuocTich": "Việt Nam",
            "chaLoaiCuTru": 1,
            "chaNoiCuTru": home,
            "nycHoTen": father,
            "nycQuanHe": "Cha",
        }


def _name(chance: random.Random) -> str:
    return f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}".upper()


def _bare_copy(url: URL, path: Path) -> float:
    """Seconds of a COPY of the text into one table of as many text columns, without key or index."""
    columns = ", ".join(f'"{name}" text' for name in HEADERS)
    with psycopg.connect(_dsn(url)) as connection, path.open("rb") as content:
        connection.execute(f"CREATE TABLE bare ({columns})".encode())
        began = time.perf_counter()
        with connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := content.read(1 << 20):
                copy.write(block)
        connection.commit()
        return time.perf_counter() - began


def _load(url: URL, path: Path, kill_at: int = 0) -> dict[str, Any]:
    """Loads in a process of its own, and measures it from outside. `kill_at`: kills it behind so many rows."""
    environment = {**os.environ, URL_VARIABLE: url.render_as_string(hide_password=False), MASTER_KEY_VARIABLE: KEY}
    began, peak, cpu, position = time.perf_counter(), 0, 0.0, 0
    process = subprocess.Popen(
        [sys.executable, "-c", LOADING, str(path), PROVINCE], env=environment, stdout=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        memory, spent = _measured(process.pid)
        peak, cpu = max(peak, memory), max(cpu, spent)
        if kill_at and (position := _position(url)) >= kill_at:
            process.kill()
        time.sleep(SAMPLE_S)
    seconds = time.perf_counter() - began
    said = process.stdout.read().strip() if process.stdout else ""
    return {"seconds": seconds, "peak_gb": peak / 1e9, "cpu_s": cpu, "said": said, "position": position}


def _measured(pid: int) -> tuple[int, float]:
    """Bytes and CPU seconds of a process and its children."""
    memory, spent = 0, 0.0
    try:
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            memory += process.memory_full_info().pss
            spent += sum(process.cpu_times()[:2])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0, 0.0
    return memory, spent


def _position(url: URL) -> int:
    with psycopg.connect(_dsn(url)) as connection:
        found = connection.execute("SELECT max(position) FROM loads").fetchone()
        return int(found[0] or 0) if found else 0


def _state(url: URL) -> list[Any]:
    """What both ledgers must have alike: the rows by digest, their state, faults, tokens and book; and all counts."""
    statements = (
        "SELECT count(*), bit_xor(hashtextextended(encode(r.content_sha256, 'hex') || r.state || r.fault_codes::text"
        " || s.tokens::text || b.book_number || b.opened_year || b.place_as_written || b.state, 0))"
        " FROM records r JOIN books b USING (book_id)"
        " JOIN searchables s ON s.subject_kind = 'record' AND s.subject_id = r.record_id",
        "SELECT count(*) FROM held_rows",
        "SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind",
        "SELECT state, position, counts FROM loads",
    )
    with psycopg.connect(_dsn(url)) as connection:
        return [connection.execute(statement.encode()).fetchall() for statement in statements]


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


if __name__ == "__main__":
    typer.run(main)
