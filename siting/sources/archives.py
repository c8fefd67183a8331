"""Layers inside zip files: one named member and its companions unpacked into a folder of their own, nothing else."""

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from siting.sources.reading import Findings
from siting.sources.tables import TABLES
from siting.sources.vectors import VECTORS

MEMBERS_MOST = 10_000
UNPACKED_MOST = 2 * 2**30
RATIO_MOST = 500
"""Bytes made of one byte; deflate reaches 1,032 at best, padded attribute tables some hundreds (evidence G)."""

_RATIO_FROM = 16 * 2**20
_CHUNK = 2**20
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$", re.IGNORECASE)
_UNFIT = re.compile(r'[\x00-\x1f<>:"|?*]')
_RASTERS = (".tif", ".tiff")
_RANKS = (tuple(end for end in VECTORS if end != ".json"), (".json",), (*TABLES, *_RASTERS))
_COMPANIONS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError)
_SOURCE = re.compile(
    r"(?P<path>.+?\.[A-Za-z0-9]{2,10})"
    r"(?:(?<=\.[zZ][iI][pP]):(?P<inner>[^:]+\.[A-Za-z0-9]{2,10}))?"
    r"(?::(?P<layer>[^:\\/]+))?"
)


class Source(NamedTuple):
    """A `source` taken apart: the file, the member of a zip file, the layer; empty where not named."""

    path: str
    inner: str
    layer: str


def split_source(source: str) -> Source:
    """Return the parts of `a.gpkg:layer`, `a.zip`, `a.zip:b.shp`, `a.zip:b.gpkg:layer` or `a.zip:layer`."""
    match = _SOURCE.fullmatch(source)
    return Source(match["path"], match["inner"] or "", match["layer"] or "") if match else Source(source, "", "")


@contextmanager
def open_archive(path: Path, inner: str, findings: Findings) -> Iterator[Path | None]:
    """Yield the unpacked member `inner` of a zip file (its only layer where none is named), None with the refusal.

    Only the member and its companions are unpacked, under their bare names, into a folder that is gone afterwards.
    Members whose names lead elsewhere, links and devices are told and never written; archives within are not opened.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                chosen = _chosen(archive, inner, findings)
                made = None if chosen is None else _unpacked(archive, chosen, Path(folder), findings)
        except _DAMAGE as error:
            findings.refuse("damaged", found=str(error) or type(error).__name__)
            made = None
        yield made


class _Member(NamedTuple):
    name: PurePosixPath
    info: zipfile.ZipInfo


def _chosen(archive: zipfile.ZipFile, inner: str, findings: Findings) -> list[_Member] | None:
    """Return the members that make up the layer wanted, the one that names it first."""
    infos = archive.infolist()
    if len(infos) > MEMBERS_MOST:
        findings.refuse("zip_members", found=len(infos), expected=str(MEMBERS_MOST))
        return None
    named = [(_name(info), info) for info in infos]
    wanted = PurePosixPath(inner.replace("\\", "/")).as_posix() if inner else ""
    members, unsafe = [], []
    for written, info in named:
        if _is_unsafe(written, info):
            unsafe.append(written)
        elif not info.is_dir() and not written.endswith("/"):
            members.append(_Member(PurePosixPath(written), info))
    if wanted in unsafe:
        findings.refuse("unsafe_member_needed", "source", wanted)
        return None
    for written in unsafe[:20]:
        findings.warn("unsafe_member", found=written)
    layer = _layer(members, wanted, findings)
    return None if layer is None else _parts(members, layer)


def _layer(members: list[_Member], wanted: str, findings: Findings) -> PurePosixPath | None:
    """Return the path of the layer: the one named, else the only one of the first rank that holds any."""
    layers = _layers(members)
    if wanted:
        fitting = [each for each in layers if each.as_posix() == wanted] or [
            each for each in layers if each.name == wanted
        ]
    else:
        ranks = ([each for each in layers if each.suffix.lower() in rank] for rank in _RANKS)
        fitting = next((rank for rank in ranks if rank), [])
    if len(fitting) == 1:
        return fitting[0]
    if not layers:
        findings.refuse("no_layer_in_zip", "source", ", ".join(each.name.name for each in members[:20]) or "-")
    else:
        listed = ", ".join(each.as_posix() for each in (fitting or layers)[:20])
        findings.refuse("choose_member", "source", wanted or "-", listed)
    return None


def _layers(members: list[_Member]) -> list[PurePosixPath]:
    """Return what can be read: files by their ending, and folders that are file geodatabases."""
    ends = tuple(end for rank in _RANKS for end in rank)
    found: dict[PurePosixPath, None] = {}
    for name, _ in members:
        if "__MACOSX" in name.parts or name.name.startswith("._"):
            continue
        base = next((each for each in (name, *name.parents) if each.suffix.lower() == ".gdb"), None)
        if base is not None:
            found[base] = None
        elif name.suffix.lower() in ends:
            found[name] = None
    return sorted(found)


def _parts(members: list[_Member], layer: PurePosixPath) -> list[_Member]:
    """Return the layer's members: those inside its folder, else those beside it with the same stem."""
    if layer.suffix.lower() == ".gdb":
        return [each for each in members if each.name.parent == layer]
    ends = _COMPANIONS.get(layer.suffix.lower(), ())
    beside = [each for each in members if each.name.parent == layer.parent]
    kept = [each for each in beside if each.name.stem == layer.stem and each.name.suffix.lower() in ends]
    kept += [each for each in beside if each.name.name in {layer.name, f"{layer.name}-wal", f"{layer.name}-journal"}]
    return sorted({id(each.info): each for each in kept}.values(), key=lambda each: each.name != layer)


def _unpacked(archive: zipfile.ZipFile, parts: list[_Member], folder: Path, findings: Findings) -> Path | None:
    if any(info.flag_bits & _ENCRYPTED_FLAG for _, info in parts):
        findings.refuse("zip_encrypted", "source", parts[0].name.as_posix())
        return None
    names = [name for name, _ in parts]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        findings.refuse("member_twice", "source", twice.as_posix())
        return None
    size, packed = (sum(getattr(info, each) for _, info in parts) for each in ("file_size", "compress_size"))
    if size > UNPACKED_MOST or (size > _RATIO_FROM and size > RATIO_MOST * max(packed, 1)):
        findings.refuse("zip_too_large", "source", f"{packed} → {size}", f"{UNPACKED_MOST}, 1:{RATIO_MOST}")
        return None
    base = names[0].parent
    goal = folder / base.name if base.suffix.lower() == ".gdb" else folder
    goal.mkdir(exist_ok=True)
    for name, info in parts:
        _write(archive, info, goal / name.name)
    return goal if goal != folder else goal / names[0].name


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, goal: Path) -> None:
    """Write one member; its check sum is compared on the way, and no byte more is written than it declares."""
    left = info.file_size
    with archive.open(info) as source, goal.open("xb") as file:
        while block := source.read(min(_CHUNK, left + 1)):
            left -= len(block)
            if left < 0:
                message = f"{goal.name}: {info.file_size}"
                raise zipfile.BadZipFile(message)
            file.write(block)
    if left:
        message = f"{goal.name}: {info.file_size - left} / {info.file_size}"
        raise zipfile.BadZipFile(message)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: as its flag says UTF-8, else UTF-8 if it is, else GB18030, as Windows writes it."""
    written = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        raw = written.encode("cp437")
        try:
            written = raw.decode("utf-8")
        except UnicodeDecodeError:
            written = raw.decode("gb18030", errors="replace")
    return written.replace("\\", "/")


def _is_unsafe(written: str, info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    odd = bool(stat.S_IFMT(mode)) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    parts = written.rstrip("/").split("/")
    lost = any(part in ("", ".", "..") or _DEVICES.match(part) or part.endswith((" ", ".")) for part in parts)
    return odd or lost or written.startswith("/") or bool(_UNFIT.search(written))
