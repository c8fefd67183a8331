"""Fetching an extract from servers that are busy, cut off, endless, lying or not to be trusted: real ones on loopback."""

import hashlib
import json
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from siting.base.errors import Problem, UsageError
from siting.sources.download import Waits, download, is_address

PBF = b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7c" + bytes(range(256)) * 800
QUICK = Waits(tries=3, first=0.01, most=1.5, silence=1.0, whole=5.0)
Answer = Callable[["_Server"], None]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


class _Server(BaseHTTPRequestHandler):
    """Answers by the path: a function of `answers` of the server."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path)
        if answer is None:
            give(b"not here", status=404)(self)
        else:
            answer(self)

    def log_message(self, *_: object) -> None:
        pass


def give(body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """Answer a body, of which `length` bytes are announced (0: none said)."""

    def answer(server: _Server) -> None:
        server.send_response(status)
        for name, value in headers.items():
            server.send_header(name.replace("_", "-"), value)
        if length != 0:
            server.send_header("Content-Length", str(length or len(body)))
        server.end_headers()
        server.wfile.write(body)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Answer once with each, with the last from then on."""
    left = list(answers)

    def answer(server: _Server) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(server)

    return answer


def dripping(server: _Server, seconds: float = 0.0, *, block: bytes = PBF) -> None:
    """Answer a body without an end, until the other side hangs up."""
    give(b"", length=0)(server)
    try:
        while True:
            server.wfile.write(block)
            time.sleep(seconds)
    except OSError:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """The other side may hang up at any time."""


@contextmanager
def serving(answers: dict[str, Answer], context: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield where a server of these answers stands, and what it is asked."""
    server = _Quiet(("127.0.0.1", 0), _Server)
    server.answers, server.asked = answers, []  # type: ignore[attr-defined]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'' if context is None else 's'}://127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetched(answer: Answer, folder: Path, *, more: dict[str, Answer] | None = None, **options: object) -> Path:
    """Download `/x.osm.pbf` as the answer gives it."""
    with serving({"/x.osm.pbf": answer, **(more or {})}) as (at, _):
        return download(f"{at}/x.osm.pbf", folder, **{"tell": lambda _: None, "waits": QUICK, **options})


def refusal(answer: Answer, folder: Path, **options: object) -> Problem:
    """Return why it is refused; nothing that could be taken for the file is left behind."""
    with pytest.raises(UsageError) as caught:
        fetched(answer, folder, **options)
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    assert "--osm" in caught.value.problem.line("zh") or caught.value.problem.code in {
        "download_too_large",
        "download_digest",
    }
    return caught.value.problem


def test_what_arrives_is_what_was_served_under_the_name_it_had(tmp_path: Path) -> None:
    told: list[Problem] = []
    file = fetched(give(PBF), tmp_path, tell=told.append)
    assert (file.name, file.read_bytes()) == ("x.osm.pbf", PBF)
    assert [each.code for each in told] == ["download_length_only"]
    note = json.loads(file.with_name("x.osm.pbf.json").read_text())
    assert (note["size"], note["sha256"]) == (len(PBF), hashlib.sha256(PBF).hexdigest())
    assert len(list(file.parent.iterdir())) == 2


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_busy_server_is_asked_again_after_the_time_it_names(tmp_path: Path, status: int) -> None:
    told: list[Problem] = []
    began = time.monotonic()
    busy = give(b"", status=status, length=None, Retry_After="1")
    assert fetched(in_turn(busy, give(PBF)), tmp_path, tell=told.append).read_bytes() == PBF
    assert time.monotonic() - began >= 1
    assert [each.code for each in told] == ["download_waits", "download_length_only"]


def test_a_date_says_when_to_come_back_as_well(tmp_path: Path) -> None:
    busy = give(b"", status=503, Retry_After=formatdate(time.time() - 5, usegmt=True))
    assert fetched(in_turn(busy, give(PBF)), tmp_path).read_bytes() == PBF


def test_a_server_that_stays_busy_is_given_up_after_a_few_tries(tmp_path: Path) -> None:
    with serving({"/x.osm.pbf": give(b"", status=429)}) as (at, asked):
        with pytest.raises(UsageError) as caught:
            download(f"{at}/x.osm.pbf", tmp_path, tell=lambda _: None, waits=QUICK)
        assert len(asked) == 3
    assert caught.value.problem.code == "download_busy"


def test_a_server_that_wants_an_hour_is_not_waited_for_and_the_hour_is_told(tmp_path: Path) -> None:
    began = time.monotonic()
    problem = refusal(give(b"", status=429, Retry_After="3600"), tmp_path)
    assert (problem.code, problem.expected) == ("download_come_back", "3600")
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("status", [403, 404, 500, 206])
def test_other_answers_are_told_at_once(tmp_path: Path, status: int) -> None:
    problem = refusal(give(b"no", status=status), tmp_path)
    assert problem.code == "download_status"
    assert problem.found.startswith(str(status))


def _half_a_chunk(server: _Server) -> None:
    give(b"", length=0, Transfer_Encoding="chunked")(server)
    server.wfile.write(f"{len(PBF):x}\r\n".encode() + PBF[:5000])


def _chunks_without_an_end(server: _Server) -> None:
    give(b"", length=0, Transfer_Encoding="chunked")(server)
    server.wfile.write(f"{len(PBF):x}\r\n".encode() + PBF + b"\r\n")


def test_a_body_in_chunks_that_comes_to_its_end_is_taken(tmp_path: Path) -> None:
    def whole(server: _Server) -> None:
        _chunks_without_an_end(server)
        server.wfile.write(b"0\r\n\r\n")

    assert fetched(whole, tmp_path).read_bytes() == PBF


@pytest.mark.parametrize("cut", [give(PBF, length=len(PBF) + 1), _half_a_chunk, _chunks_without_an_end])
def test_a_cut_body_is_never_kept(tmp_path: Path, cut: Answer) -> None:
    assert refusal(cut, tmp_path).code == "download_cut"


def test_a_body_of_unknown_length_is_taken_only_with_a_digest(tmp_path: Path) -> None:
    assert refusal(give(PBF, length=0), tmp_path).code == "download_unchecked"
    sha256 = hashlib.sha256(PBF).hexdigest()
    assert fetched(give(PBF, length=0), tmp_path, sha256=sha256).read_bytes() == PBF
    assert refusal(give(PBF[:-1], length=0), tmp_path / "other", sha256=sha256).code == "download_digest"


def test_an_endless_body_is_stopped_at_the_limit(tmp_path: Path) -> None:
    problem = refusal(dripping, tmp_path, size_max=1_000_000)
    assert (problem.code, problem.found) == ("download_too_large", "> 1000000")


def test_a_body_announced_too_large_is_not_begun(tmp_path: Path) -> None:
    problem = refusal(give(PBF[:50], length=10**12), tmp_path, size_max=1_000_000)
    assert (problem.code, problem.found) == ("download_too_large", str(10**12))


def test_a_body_that_drips_is_stopped_by_the_clock_and_a_silent_one_by_its_silence(tmp_path: Path) -> None:
    hasty = Waits(silence=1.0, whole=0.5)
    drop = refusal(lambda server: dripping(server, 0.05, block=PBF[:20]), tmp_path, waits=hasty)
    assert drop.code == "download_too_slow"

    def silent(server: _Server) -> None:
        give(PBF[:100], length=5000)(server)
        time.sleep(1)

    assert refusal(silent, tmp_path, waits=Waits(silence=0.2)).code == "download_cut"


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html><body>Please log in</body></html>", b"", b"<html>"])
def test_a_page_instead_of_the_file_is_refused_by_its_first_bytes(tmp_path: Path, page: bytes) -> None:
    problem = refusal(give(page, length=len(page) or None), tmp_path)
    assert problem.code == "download_not_osm"
    assert page.decode()[:10] in problem.found


def test_a_wrong_digest_is_refused_and_a_right_one_taken(tmp_path: Path) -> None:
    problem = refusal(give(PBF), tmp_path, sha256="0" * 64)
    assert (problem.code, problem.found) == ("download_digest", hashlib.sha256(PBF).hexdigest())
    assert fetched(give(PBF), tmp_path, sha256=hashlib.sha256(PBF).hexdigest().upper()).is_file()


def test_the_md5_beside_the_file_is_checked_where_there_is_one(tmp_path: Path) -> None:
    right = f"{hashlib.md5(PBF).hexdigest()}  x-260101.osm.pbf\n".encode()
    told: list[Problem] = []
    assert fetched(give(PBF), tmp_path, more={"/x.osm.pbf.md5": give(right)}, tell=told.append).is_file()
    assert told == []
    wrong = give(b"0" * 32 + b"  x.osm.pbf\n")
    assert refusal(give(PBF), tmp_path / "other", more={"/x.osm.pbf.md5": wrong}).code == "download_digest"
    page = give(b"<html>no such file</html>")
    assert fetched(give(PBF), tmp_path / "third", more={"/x.osm.pbf.md5": page}).is_file()


def test_a_redirect_on_the_same_server_is_followed_and_its_md5_asked_for(tmp_path: Path) -> None:
    answers = {"/a-latest.osm.pbf": give(b"", status=302, Location="a-260101.osm.pbf"), "/a-260101.osm.pbf": give(PBF)}
    with serving(answers) as (at, asked):
        file = download(f"{at}/a-latest.osm.pbf", tmp_path, tell=lambda _: None, waits=QUICK)
    assert file.name == "a-latest.osm.pbf"
    assert asked == ["/a-latest.osm.pbf", "/a-260101.osm.pbf", "/a-260101.osm.pbf.md5"]


@pytest.mark.parametrize("goal", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://u:secret@127.0.0.1/x", "data:,x"])
def test_a_redirect_to_anything_but_http_is_refused(tmp_path: Path, goal: str) -> None:
    problem = refusal(give(b"", status=302, Location=goal), tmp_path)
    assert problem.code == "download_redirect"
    assert "secret" not in problem.line("en")


def test_a_redirect_to_another_host_is_followed_only_where_that_is_allowed(tmp_path: Path) -> None:
    with serving({"/y": give(PBF)}) as (other, asked):
        lead = give(b"", status=307, Location=f"{other}/y")
        problem = refusal(lead, tmp_path)
        assert (problem.code, problem.found) == ("download_redirect", f"{other}/y")
        assert asked == []
        assert fetched(lead, tmp_path, hosts=[other.removeprefix("http://")]).read_bytes() == PBF


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    assert refusal(give(b"", status=301, Location="/x.osm.pbf"), tmp_path).code == "download_circle"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/x.osm.pbf", "http://", "https://u:secret@h/x", "http://h:x"]
)
def test_an_address_that_is_not_plain_http_is_refused_before_anything_is_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        download(url, tmp_path, tell=lambda _: None)
    assert caught.value.problem.code == "download_address"
    assert "secret" not in str(caught.value)


def test_a_server_whose_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving({"/x.osm.pbf": give(PBF)}, context) as (at, asked):
        with pytest.raises(UsageError) as caught:
            download(f"{at}/x.osm.pbf", tmp_path / "kept", tell=lambda _: None, waits=QUICK)
        assert asked == []
        problem = caught.value.problem
        assert (problem.code, problem.found) == ("download_not_trusted", "self-signed certificate")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(certificate))
            assert download(f"{at}/x.osm.pbf", tmp_path / "kept", tell=lambda _: None, waits=QUICK).is_file()


def test_nobody_there_is_told_and_a_proxy_s_password_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:geheim@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    for proxy in ("http://user:geheim@127.0.0.1:9", "http://user:gehe:im@127.0.0.1:geheim"):
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(UsageError) as caught:
            download("http://nowhere.invalid/x.osm.pbf?token=geheim", tmp_path, tell=lambda _: None, waits=QUICK)
        assert caught.value.problem.code == "download_unreachable"
        assert "geheim" not in str(caught.value)


def test_a_file_that_is_kept_is_not_fetched_again(tmp_path: Path) -> None:
    told: list[Problem] = []
    with serving({"/x.osm.pbf": give(PBF)}) as (at, asked):
        one, two = (download(f"{at}/x.osm.pbf", tmp_path, tell=told.append, waits=QUICK) for _ in range(2))
        assert one == two
        assert asked.count("/x.osm.pbf") == 1
    assert told[-1].code == "download_kept"


@pytest.mark.parametrize("damage", ["zeros", "cut", "note", "no_note"])
def test_a_kept_file_that_was_damaged_is_told_and_fetched_again(tmp_path: Path, damage: str) -> None:
    told: list[Problem] = []
    with serving({"/x.osm.pbf": give(PBF)}) as (at, _):
        file = download(f"{at}/x.osm.pbf", tmp_path, tell=lambda _: None, waits=QUICK)
        note = file.with_name(f"{file.name}.json")
        if damage == "zeros":
            file.write_bytes(PBF[: len(PBF) // 2] + bytes(len(PBF) - len(PBF) // 2))
        elif damage == "cut":
            file.write_bytes(PBF[:100])
        elif damage == "note":
            note.write_text("[]")
        else:
            note.unlink()
        again = download(f"{at}/x.osm.pbf", tmp_path, tell=told.append, waits=QUICK)
    assert again.read_bytes() == PBF
    assert [each.code for each in told] == ["download_damaged", "download_length_only"]


def test_a_damaged_file_is_not_used_when_the_server_is_gone(tmp_path: Path) -> None:
    with serving({"/x.osm.pbf": give(PBF)}) as (at, _):
        file = download(f"{at}/x.osm.pbf", tmp_path, tell=lambda _: None, waits=QUICK)
    file.write_bytes(PBF[:-5] + bytes(5))
    with pytest.raises(UsageError):
        download(f"{at}/x.osm.pbf", tmp_path, tell=lambda _: None, waits=QUICK)


def test_four_processes_at_once_end_with_one_whole_file(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from siting.sources.download import download\n"
    code += "print(download(sys.argv[1], Path(sys.argv[2]), tell=lambda _: None))"
    with serving({"/x.osm.pbf": give(PBF)}) as (at, _):
        command = [sys.executable, "-c", code, f"{at}/x.osm.pbf", str(tmp_path)]
        runs = [subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(4)]
        said = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert [run.returncode for run in runs] == [0] * 4
    (file,) = map(Path, said)
    assert file.read_bytes() == PBF
    assert len(list(file.parent.iterdir())) == 2


def test_an_address_is_told_from_a_file() -> None:
    assert is_address("https://h/x.osm.pbf")
    assert is_address("file:///x.osm.pbf")
    assert not is_address("C:\\x.osm.pbf")
    assert not is_address("data/x.osm.pbf")
