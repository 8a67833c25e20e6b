"""A recogniser of Vietnamese lines: the ONNX weights in the wheel `asterocr`, run by `onnxruntime`.

The wheel (version 1.0.2, MIT, PyPI) is used as data. Its two files are found by the wheel's own list of files and are
taken only with the digests below; its code, which can download and train, is never imported. Input: 3 x 32 x width in
0..1; output: time x batch x 227 logarithms of probability, decoded greedily (CTC, blank first). What it was trained on
is known from its documentation only: script fonts and the online handwriting of 200 writers.
"""

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from connectors.paper.images import Bytes, Reals, cv2
from connectors.paper.recognisers import Recogniser

VERSION = "1.0.2"
FILES = {
    "asterocr/assets/asternet.onnx": "10c96b533e1f64031d73edfddafd7d4b13595544f11891f0531bcd72cb29be80",
    "asterocr/assets/vocab.json": "82c6df018ceca8c10876947e0f7df798ed321825276ed7f3bb12ae3ed6dc647b",
}
HEIGHT_PX = 32
NARROWER = 0.85
"""Lines are narrowed by so much: the network doubles letters that are set wide, as a typewriter sets them."""
WIDEST_PX = 1200
BATCH_PX = 4800
"""How wide all crops of a batch are together: more is no quicker and takes more memory."""


class WrongWeights(Exception):
    """The files are not those that were measured. They are not used."""


def problem() -> str | None:
    """Why it does not work here and what to install; None when it works."""
    if find_spec("onnxruntime") is None:
        return "onnxruntime is not installed: uv sync --extra paper"
    try:
        _verified_files()
    except PackageNotFoundError:
        return "the weights are not installed: uv sync --extra paper"
    except WrongWeights as error:
        return f"{error}: install asterocr=={VERSION} from PyPI again"
    return None


@cache
def _verified_files() -> tuple[Path, Path]:
    """Weights and signs. Raises PackageNotFoundError without the wheel, WrongWeights when it is another."""
    wheel = distribution("asterocr")
    if wheel.version != VERSION:
        raise WrongWeights(f"the wheel asterocr is {wheel.version}, not {VERSION}")
    paths = [Path(str(wheel.locate_file(name))) for name in FILES]
    for path, digest in zip(paths, FILES.values(), strict=True):
        verify(path, digest)
    return paths[0], paths[1]


def verify(path: Path, digest: str) -> None:
    """Raises WrongWeights unless a file has that SHA-256."""
    if not path.is_file():
        raise WrongWeights(f"{path.name} is missing")
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise WrongWeights(f"{path.name} has another digest")


class AsterNet:
    """The network in this process, on one thread."""

    def __init__(self, weights: Path, signs: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        self._signs = np.array(["", *json.loads(signs.read_text(encoding="utf-8"))["chars"][1:]], dtype=object)
        self.code = f"asternet-{VERSION}"

    def read(self, crops: Sequence[Bytes]) -> list[tuple[str, float]]:
        lines = [_line_of(crop) for crop in crops]
        order = sorted(range(len(lines)), key=lambda number: lines[number].shape[1])
        readings: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        for batch in _batches(order, [line.shape[1] for line in lines]):
            for number, reading in zip(batch, self._read_batch([lines[number] for number in batch]), strict=True):
                readings[number] = reading
        return readings

    def _read_batch(self, lines: Sequence[Reals]) -> list[tuple[str, float]]:
        width = max(line.shape[1] for line in lines)
        batch = np.ones((len(lines), 3, HEIGHT_PX, width), np.float32)
        for number, line in enumerate(lines):
            batch[number, :, :, : line.shape[1]] = line
        scores = self._session.run(None, {"images": batch})[0]
        return [self._decoded(scores[:, number]) for number in range(len(lines))]

    def _decoded(self, scores: Reals) -> tuple[str, float]:
        """The likeliest sign at each time; repeats and blanks go. The confidence is the mean of the signs'."""
        likeliest, surest = scores.argmax(1), scores.max(1)
        starts = np.flatnonzero((likeliest != 0) & (np.diff(likeliest, prepend=0) != 0))
        text = " ".join("".join(self._signs[likeliest[starts]]).split())
        return text, float(np.exp(surest[starts]).mean()) if len(starts) else 0.0


def _line_of(crop: Bytes) -> Reals:
    """A crop as the network takes it: 32 high, its width a multiple of 4, 0 for ink to 1 for paper."""
    height, width = crop.shape
    wide = min(WIDEST_PX, max(32, round(width * NARROWER * HEIGHT_PX / height / 4) * 4))
    interpolation = cv2.INTER_AREA if height > HEIGHT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (wide, HEIGHT_PX), interpolation=interpolation), np.float32) / 255


def _batches(order: Sequence[int], widths: Sequence[int]) -> list[list[int]]:
    """Crops of like width together: padding is at most a quarter of a batch."""
    batches: list[list[int]] = []
    for number in order:
        last = batches[-1] if batches else []
        if last and widths[number] <= widths[last[0]] * 1.25 and widths[number] * (len(last) + 1) <= BATCH_PX:
            last.append(number)
        else:
            batches.append([number])
    return batches


def load() -> Recogniser:
    """Raises PackageNotFoundError or WrongWeights when `problem` has one."""
    return AsterNet(*_verified_files())
