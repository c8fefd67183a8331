"""An OpenStreetMap extract over the network: whole and as it was published, or not at all.

Geofabrik leads from `…-latest.osm.pbf` to a dated file on the same server and keeps `….md5` beside it, so it needs
no entry in `hosts`; a server that hands over to mirrors (planet.openstreetmap.org) needs its mirrors named there.
"""

import hashlib
import http.client
import json
import os
import re
import ssl
import string
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import quote, unquote, urljoin, urlsplit

from siting.base.errors import Problem, UsageError, shorten
from siting.base.stamp import file_digest

SIZE_MAX = 4 << 30
"""Bytes; all of China is some 1.3 GiB, Europe 30 (evidence G)."""

BUSY = (429, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)
REDIRECTS_MOST = 5
_BLOCK = 1 << 16
_BESIDE_MOST = 4096
_PORTS = {"http": 80, "https": 443}
_STALE_S = 86_400
_HEAD = 15
_PBF = re.compile(rb"\x00\x00..\x0a\x09OSMHeader", re.DOTALL)
_ZIP = re.compile(rb"PK\x03\x04")
_MD5 = re.compile(r"\\?([0-9a-fA-F]{32})\b")

Tell = Callable[[Problem], None]


@dataclass(frozen=True)
class Waits:
    """How long a download may take, in seconds.

    A busy server is asked `tries` times, after `first`, twice that and so on, or after what its Retry-After says;
    one that wants more than `most` is not asked again. `silence`: without a byte. `whole`: from first to last.
    """

    tries: int = 4
    first: float = 5.0
    most: float = 60.0
    silence: float = 30.0
    whole: float = 4 * 3600.0


@dataclass(frozen=True)
class _Errand:
    """What is to be fetched and on which conditions."""

    url: str
    sha256: str
    size_max: int
    hosts: tuple[str, ...]
    waits: Waits
    tell: Tell
    until: float


class _Digests(NamedTuple):
    size: int
    sha256: str
    md5: str


def download(
    url: str,
    folder: Path,
    *,
    tell: Tell,
    sha256: str = "",
    size_max: int = SIZE_MAX,
    hosts: Sequence[str] = (),
    waits: Waits | None = None,
) -> Path:
    """Return an .osm.pbf (or .zip) of an http(s) address, from below `folder` where it was kept whole before.

    Checked on arrival: its first bytes, its length, and `sha256`, else the .md5 that lies beside it on the server.
    Checked whenever it is used again: the sha256 that it came with. `hosts` (`name` or `name:port`) are those that
    the server may lead on to, besides itself. `tell` hears of waits, of kept and of damaged files.
    UsageError with one Problem where it cannot be had; nothing incomplete is ever kept.
    """
    waits = waits or Waits()
    allowed = tuple(each.lower() for each in hosts)
    errand = _Errand(_address(url), sha256.lower(), size_max, allowed, waits, tell, time.monotonic() + waits.whole)
    place = folder / hashlib.sha256(errand.url.encode()).hexdigest()[:16]
    goal = place / _name(errand.url)
    try:
        if _is_kept(goal, errand):
            return goal
        place.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        _fetch(errand, goal)
    except OSError as error:
        raise UsageError(Problem("cannot_write", found=str(goal), expected=error.strerror or str(error))) from error
    return goal


def is_address(written: str) -> bool:
    """Return whether what stands where a file is expected is meant as an address."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", written) is not None


def _address(url: str) -> str:
    """Return an address as it goes over the wire; raises UsageError for one that is not http(s) or holds a password."""
    try:
        parts = urlsplit(quote(url.strip(), safe=string.punctuation))
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc:
        raise UsageError(Problem("download_address", found=_shown(url)))
    return parts._replace(fragment="").geturl()


def _shown(url: str) -> str:
    """Return an address without what may be secret in it: user, password and query."""
    return shorten(re.sub(r"//[^/?#]*@", "//", url.split("?", 1)[0]))


def _name(url: str) -> str:
    """Return a name that every file system takes, with the ending that its reader goes by."""
    last = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    stem = re.sub(r"[^\w.-]+", "_", last).lstrip(".-")
    if stem.lower().endswith(".zip"):
        return f"{stem[:-4][-80:]}.zip"
    return f"{stem.removesuffix('.pbf').removesuffix('.osm')[-80:] or 'extract'}.osm.pbf"


def _note(goal: Path) -> Path:
    return goal.with_name(f"{goal.name}.json")


def _is_kept(goal: Path, errand: _Errand) -> bool:
    """Return whether the file lies here as it was fetched; tells when it was, or that it is damaged."""
    if not goal.is_file():
        return False
    try:
        note = json.loads(_note(goal).read_text("utf-8"))
        whole = note["size"] == goal.stat().st_size and note["sha256"] == file_digest(goal)
        fetched = str(note["fetched"])
    except (OSError, ValueError, KeyError, TypeError):
        whole, fetched = False, ""
    if not whole:
        errand.tell(Problem("download_damaged", found=str(goal), level="mend"))
        return False
    if errand.sha256 not in ("", note["sha256"]):
        return False
    errand.tell(Problem("download_kept", found=str(goal), expected=fetched, level="note"))
    return True


def _sweep(place: Path) -> None:
    """Remove what processes that were killed a day ago or longer have left; younger ones may still be at work."""
    for part in place.glob(".part-*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE_S:
                part.unlink()


def _fetch(errand: _Errand, goal: Path) -> None:
    response, url = _answer(errand)
    with closing(response):
        handle, name = tempfile.mkstemp(prefix=".part-", dir=goal.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                came = _receive(response, errand, file.write, is_zip=goal.suffix == ".zip")
                file.flush()
                os.fsync(file.fileno())
            _check(came, response, errand, url)
            part.replace(goal)
            _write_note(goal, errand.url, came)
        finally:
            part.unlink(missing_ok=True)


def _write_note(goal: Path, url: str, came: _Digests) -> None:
    note = {"url": _shown(url), "size": came.size, "sha256": came.sha256, "fetched": f"{datetime.now(UTC):%Y-%m-%d}"}
    handle, name = tempfile.mkstemp(prefix=".part-", dir=goal.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(note, file)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(_note(goal))


def _answer(errand: _Errand) -> tuple[http.client.HTTPResponse, str]:
    """Return the answer that carries the file and the address it came from, after redirects and waits."""
    url, waited, tries, turns = errand.url, 0.0, 1, 0
    while True:
        response = _ask(url, errand)
        if response.status == HTTPStatus.OK:
            return response, url
        with closing(response):
            if response.status in REDIRECTS:
                turns += 1
                url = _led_on(url, response, errand, turns)
            elif response.status in BUSY:
                waited += _wait(response, errand, tries, waited)
                tries += 1
            else:
                raise UsageError(Problem("download_status", _shown(url), found=_status(response)))


def _ask(url: str, errand: _Errand) -> http.client.HTTPResponse:
    """Return the server's answer, whatever its status; an opener without handlers for files or redirects asks."""
    opener = urllib.request.OpenerDirector()
    context = ssl.create_default_context()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", f"siting/{version('siting')}")]
    try:
        answer: http.client.HTTPResponse = opener.open(url, timeout=errand.waits.silence)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(url, error) from error
    return answer


def _failed(url: str, error: Exception) -> UsageError:
    """Return the error in words; of errors that may quote a proxy's address, password and all, the kind only."""
    reason = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(reason, ssl.SSLError):
        found = getattr(reason, "verify_message", "") or reason.reason or type(reason).__name__
        return UsageError(Problem("download_not_trusted", _shown(url), found=found))
    told = (reason.strerror or str(reason)) if isinstance(reason, OSError) else ""
    return UsageError(Problem("download_unreachable", _shown(url), found=told or type(reason).__name__))


def _led_on(url: str, response: http.client.HTTPResponse, errand: _Errand, turns: int) -> str:
    """Return where a redirect leads, if it may be followed: http(s), never back from https, to a host allowed."""
    goal = urljoin(url, response.headers.get("Location", ""))
    former = urlsplit(url)
    hosts = (_host(errand.url), *errand.hosts)
    try:
        address = _address(goal)
        trusted = _host(address) in hosts and (former.scheme != "https" or urlsplit(address).scheme == "https")
    except UsageError:
        trusted = False
    if not trusted:
        wanted = ", ".join(f"{'https' if former.scheme == 'https' else 'http(s)'}://{host}" for host in hosts)
        raise UsageError(Problem("download_redirect", _shown(url), found=_shown(goal), expected=wanted))
    if turns > REDIRECTS_MOST:
        raise UsageError(
            Problem("download_circle", _shown(errand.url), found=_shown(goal), expected=str(REDIRECTS_MOST))
        )
    return address


def _host(url: str) -> str:
    """Return `name`, with `:port` where it is not the usual one."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{(parts.hostname or '').lower()}{port}"


def _wait(response: http.client.HTTPResponse, errand: _Errand, tries: int, waited: float) -> float:
    """Sleep as long as a busy server asks for and return the seconds; raises UsageError when it is time to give up."""
    waits, status = errand.waits, _status(response)
    asked = _retry_after(response.headers.get("Retry-After", ""))
    seconds = min(waits.first * 2 ** (tries - 1), waits.most) if asked is None else asked
    if seconds > waits.most:
        raise UsageError(Problem("download_come_back", _shown(errand.url), found=status, expected=f"{seconds:.0f}"))
    if tries >= waits.tries or time.monotonic() + seconds > errand.until:
        raise UsageError(Problem("download_busy", _shown(errand.url), found=status, expected=f"{waited:.0f}"))
    errand.tell(Problem("download_waits", _shown(errand.url), found=status, expected=f"{seconds:.0f}", level="note"))
    time.sleep(seconds)
    return seconds


def _retry_after(written: str) -> float | None:
    """Return the seconds that a Retry-After means (RFC 9110: seconds or a date), None where it means none."""
    if re.fullmatch(r"\d{1,9}", written.strip(), re.ASCII):
        return float(written)
    try:
        when = parsedate_to_datetime(written)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _status(response: http.client.HTTPResponse) -> str:
    return f"{response.status} {shorten(response.reason or '')}".strip()


def _receive(
    response: http.client.HTTPResponse, errand: _Errand, write: Callable[[bytes], object], *, is_zip: bool
) -> _Digests:
    """Write the body piece by piece; stops at once where it is no such file, too long or too slow."""
    announced = response.length or 0
    sha256, md5, head, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), b"", 0
    for piece in _pieces(response, errand):
        if max(size := size + len(piece), announced) > errand.size_max:
            found = str(announced) if announced else f"> {errand.size_max}"
            raise UsageError(Problem("download_too_large", _shown(errand.url), "", found, str(errand.size_max)))
        if len(head) < _HEAD and len(head := (head + piece)[:_HEAD]) == _HEAD:
            _check_head(head, errand, is_zip=is_zip)
        write(piece)
        sha256.update(piece)
        md5.update(piece)
    if len(head) < _HEAD:
        _check_head(head, errand, is_zip=is_zip)
    return _Digests(size, sha256.hexdigest(), md5.hexdigest())


def _pieces(response: http.client.HTTPResponse, errand: _Errand) -> Iterator[bytes]:
    """Yield the body as it comes in; one read of the socket each, so that the clock is looked at between them."""
    announced, size = response.length, 0
    while True:
        try:
            piece = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UsageError(
                Problem("download_cut", _shown(errand.url), "", str(size), str(announced or "?"))
            ) from error
        size += len(piece)
        if time.monotonic() > errand.until:
            raise UsageError(
                Problem("download_too_slow", _shown(errand.url), "", str(size), f"{errand.waits.whole:.0f}")
            )
        if not piece:
            break
        yield piece
    if announced is not None and size < announced:
        raise UsageError(Problem("download_cut", _shown(errand.url), "", str(size), str(announced)))


def _check_head(head: bytes, errand: _Errand, *, is_zip: bool) -> None:
    if not (_ZIP if is_zip else _PBF).match(head):
        found = head.decode("utf-8", errors="backslashreplace")
        raise UsageError(Problem("download_not_osm", _shown(errand.url), "", found, ".zip" if is_zip else ".osm.pbf"))


def _check(came: _Digests, response: http.client.HTTPResponse, errand: _Errand, url: str) -> None:
    """Compare with the digest asked for, else with the one beside the file, else be content with a known length."""
    wanted, have = (errand.sha256, came.sha256) if errand.sha256 else (_md5_beside(url, errand), came.md5)
    if wanted and wanted != have:
        raise UsageError(Problem("download_digest", _shown(errand.url), "", have, wanted))
    if not wanted and not response.chunked and response.headers.get("Content-Length") is None:
        raise UsageError(Problem("download_unchecked", _shown(errand.url)))
    if not wanted:
        errand.tell(Problem("download_length_only", _shown(errand.url), found=str(came.size), level="note"))


def _md5_beside(url: str, errand: _Errand) -> str:
    """Return the md5 that lies beside a file, empty where there is none."""
    beside = urlsplit(url)._replace(query="")
    try:
        with closing(_ask(f"{beside.geturl()}.md5", errand)) as response:
            written = response.read(_BESIDE_MOST).decode("ascii", errors="replace")
            found = _MD5.match(written) if response.status == HTTPStatus.OK else None
    except (UsageError, OSError, http.client.HTTPException):
        return ""
    return found[1].lower() if found else ""
