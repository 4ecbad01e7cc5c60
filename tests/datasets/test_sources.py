"""Where bytes come from: checksums, folders, files that are there completely or not at all."""
import gzip
import lzma
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from minitorch_cnn.datasets import DatasetNotFoundError, sources

DATA = b"what is to arrive" * 50


def test_check_md5():
    assert sources.check_md5(b"abc", "900150983cd24fb0d6963f7d28e17f72", "x") == b"abc"
    with pytest.raises(ValueError, match="x: wrong checksum: MD5 [0-9a-f]{32}, expected 9001"):
        sources.check_md5(b"abd", "900150983cd24fb0d6963f7d28e17f72", "x")


def test_decompress_joins_streams_and_refuses_what_follows():
    assert sources.decompress(lzma.compress(b"a") + lzma.compress(b"b") + b"\0" * 4) == b"ab"
    assert sources.decompress(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    assert sources.decompress(b"plain") == b"plain"
    with pytest.raises(ValueError, match="f.xz: the compressed file is truncated or damaged"):
        sources.decompress(lzma.compress(b"a") + b"rest", "f.xz")


def test_a_python_without_lzma_still_reads_the_rest(monkeypatch):
    monkeypatch.setitem(sys.modules, "lzma", None)
    assert sources.decompress(gzip.compress(b"a")) == b"a"
    with pytest.raises(ImportError, match="this Python was built without lzma"):
        sources.decompress(b"\xfd7zXZ\0")


def test_the_packaged_file_must_exist_and_be_right(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PACKAGED", tmp_path)
    with pytest.raises(DatasetNotFoundError, match="this installation lacks its data"):
        sources.packaged("some-name", sources.md5_of(DATA))
    (tmp_path / "some-name.xz").write_bytes(lzma.compress(b"x" + DATA))
    with pytest.raises(ValueError, match=r"some-name\.xz: wrong checksum"):
        sources.packaged("some-name", sources.md5_of(DATA))
    (tmp_path / "some-name.xz").write_bytes(lzma.compress(DATA)[:-9])
    with pytest.raises(ValueError, match=r"some-name\.xz: .*truncated or damaged"):
        sources.packaged("some-name", sources.md5_of(DATA))
    (tmp_path / "some-name.xz").write_bytes(lzma.compress(DATA))
    assert sources.packaged("some-name", sources.md5_of(DATA)) == DATA


def test_find_prefers_the_raw_file(tmp_path):
    assert sources.find(tmp_path, "a") is None
    for name in ("a.xz", "a.gz", "a"):
        (tmp_path / name).touch()
        assert sources.find(tmp_path, "a").name == name
    assert sources.find_folder([tmp_path / "none", tmp_path], ["a", "b"]) is None
    assert sources.find_folder([tmp_path / "none", tmp_path], ["a"]) == tmp_path


def _interrupt(*args):
    raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "folder" / "file"
    sources.write_atomically(path, b"old")
    monkeypatch.setattr(Path if step == "write_bytes" else os, step, _interrupt)
    with pytest.raises(KeyboardInterrupt):
        sources.write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and list(path.parent.iterdir()) == [path]


@pytest.fixture
def server():
    """A web server on this machine: /half breaks off in the middle, unknown pages are 404."""
    answers = {"/good": DATA, "/good.gz": gzip.compress(DATA), "/half": DATA, "/bad": b"an error"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            body = answers.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write((body or b"")[:100 if self.path == "/half" else None])

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("good", ["/good", "/good.gz"])
def test_download_takes_the_first_mirror_that_is_right(tmp_path, server, good):
    urls = [f"{server}{page}" for page in ("/none", "/bad", "/half", good)]
    sources.download(urls, tmp_path / "a" / "file", sources.md5_of(DATA))
    assert (tmp_path / "a" / "file").read_bytes() == DATA


def test_a_failed_download_says_why_and_leaves_nothing(tmp_path, server):
    urls = [f"{server}{page}" for page in ("/none", "/bad", "/half")]
    with pytest.raises(RuntimeError, match="no source worked") as caught:
        sources.download([*urls, "http://127.0.0.1:1/x"], tmp_path / "file", sources.md5_of(DATA))
    for reason in ("404", "wrong checksum", "IncompleteRead", "refused"):
        assert reason in str(caught.value)
    assert list(tmp_path.iterdir()) == []
