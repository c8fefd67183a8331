"""What was computed once is kept on disk: arrays in a folder named by a digest of what they came from.

Every array is mapped into memory, not read, and is checked against its digest first; what does not fit
is thrown away and made again. The folder is `SITING_CACHE`, else the machine's cache folder of this user.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

FORMAT = "1"
MANIFEST = "manifest.json"
KEPT_BYTES = 8 << 30
Arrays = Mapping[str, np.ndarray]


def folder() -> Path:
    """Return the folder of everything kept."""
    named = os.environ.get("SITING_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("siting", appauthor=False)


def key_of(parts: Iterable[bytes | np.ndarray]) -> str:
    """Return a digest of what something is made from, and of the form it is kept in."""
    total = hashlib.blake2b(FORMAT.encode(), digest_size=20)
    for part in parts:
        total.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
        total.update(b"\0")
    return total.hexdigest()


def digest_of(files: Iterable[Path]) -> bytes:
    """Return a digest of the contents of files."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.digest()


def load(kind: str, key: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return arrays and notes as they were saved, None where they are missing or damaged."""
    place = folder() / f"{kind}-{key}"
    try:
        if not (place / MANIFEST).is_file():
            return None
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        notes = dict(manifest["notes"])
        arrays = {name: _checked(place / f"{name}.npy", known) for name, known in manifest["arrays"].items()}
    except PermissionError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        shutil.rmtree(place, ignore_errors=True)
        return None
    with suppress(OSError):
        os.utime(place / MANIFEST)
    return arrays, notes


def save(kind: str, key: str, arrays: Arrays, notes: Mapping[str, Any] | None = None) -> None:
    """Keep arrays and notes whole or not at all; a folder that cannot be written to is left alone."""
    place = folder() / f"{kind}-{key}"
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="part-", dir=folder()))
        try:
            _write(fresh, arrays, notes or {})
            if not place.exists():
                fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _forget_oldest()


def _write(place: Path, arrays: Arrays, notes: Mapping[str, Any]) -> None:
    digests = {}
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array)
        np.save(place / f"{name}.npy", plain, allow_pickle=False)
        digests[name] = _digest(plain)
    written = json.dumps({"arrays": digests, "notes": dict(notes)}, ensure_ascii=False)
    (place / MANIFEST).write_text(written, "utf-8")


def _checked(file: Path, known: str) -> np.ndarray:
    # copy on write: compiled code is typed for arrays that could be written to
    array = np.asarray(np.load(file, mmap_mode="c", allow_pickle=False))
    if _digest(array) != known:
        msg = f"{file} is damaged"
        raise ValueError(msg)
    return array


def _digest(array: np.ndarray) -> str:
    total = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()


def _forget_oldest() -> None:
    """Remove what was used longest ago while more than the limit is kept."""
    kept = sorted(folder().glob(f"*/{MANIFEST}"), key=lambda each: each.stat().st_mtime, reverse=True)
    total = 0
    for manifest in kept:
        total += sum(each.stat().st_size for each in manifest.parent.iterdir())
        if total > KEPT_BYTES:
            shutil.rmtree(manifest.parent, ignore_errors=True)
