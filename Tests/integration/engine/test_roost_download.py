# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Roots from the network: `https://…`."""
import hashlib
import io
import os
import pty
import signal
import tarfile
import time

import pytest
from harness import sandbox
from harness.case import eventually
from harness.https import Proxy, Server, make_authority
from harness.terminal import Terminal


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority):
    made = Server(*authority)
    yield made
    made.close()


@pytest.fixture
def plain_server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def archive(root):
    """A root file system as bytes that do not compress, so that there is something to cut."""
    (root / "noise").write_bytes(os.urandom(300_000))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        tar.add(root, ".")
    return buffer.getvalue()


@pytest.fixture
def trusting(roost, authority):
    """`roost` that trusts the tests' authority."""
    ordinary = roost.environment
    roost.environment = lambda extra=None: ordinary({"CURL_CA_BUNDLE": str(authority[0]), **(extra or {})})
    return roost


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def stored(roost):
    directory = roost.state / "roots/sha256"
    return sorted(os.listdir(directory)) if directory.is_dir() else []


def left(roost):
    """What is left of downloads, and half-made trees."""
    roots = roost.state / "roots"
    return [*os.listdir(roots / "downloads"), *(name for name in os.listdir(roots) if name.startswith("tmp-"))]


def test_an_address_is_downloaded_once(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive)
    assert trusting.run(url, "echo", "x").succeeds().out == "x\n"
    assert stored(trusting) == [digest(archive)[7:]] and not left(trusting)
    trusting.run(url, "touch", "/made").succeeds()
    trusting.run(url, "ls", "/made").fails("No such file")
    assert len(page.requests) == 1
    # Another address with the same content: downloaded, and not unpacked again.
    other, _ = server.add("same.tar.gz", archive)
    trusting.run(other, "true").succeeds()
    assert stored(trusting) == [digest(archive)[7:]]


def test_pull(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive)
    trusting.run("--pull", "never", url, "true").fails("is not stored", status=125)
    assert not page.requests
    trusting.run(url, "true").succeeds()
    trusting.run("--pull", "always", url, "true").succeeds()
    assert page.requests[1]["If-None-Match"] == page.etag and stored(trusting) == [digest(archive)[7:]]
    page.content = archive + b"\0"  # gzip is followed by nothing: zeros are padding
    trusting.run(url, "true").succeeds()
    assert len(page.requests) == 2
    page.content = rebuilt = retarred(archive, "changed")
    assert trusting.run("--pull", "always", url, "cat", "/changed").succeeds().out == "changed"
    assert digest(rebuilt)[7:] in stored(trusting)
    assert trusting.run(url, "cat", "/changed").succeeds().out == "changed"


def retarred(archive, name):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=buffer, mode="w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        info = tarfile.TarInfo(name)
        info.size = len(name)
        new.addfile(info, io.BytesIO(name.encode()))
    return buffer.getvalue()


def test_redirects(trusting, server, plain_server, archive):
    url, _ = server.add("root.tar.gz", archive)
    first, _ = server.add("latest", location="/then")
    server.add("then", location=url)
    trusting.run(first, "true").succeeds()
    circle, _ = server.add("circle", location="/circle")
    trusting.run(circle, "true").explains("circle", "redirects")
    plain, page = plain_server.add("root.tar.gz", archive)
    away, _ = server.add("away", location=plain)
    trusting.run("--pull", "always", away, "true").explains("away", "HTTPS", "--checksum")
    assert not page.requests
    assert not left(trusting)


def test_checksums(trusting, server, plain_server, archive):
    url, page = server.add("root.tar.gz", archive)
    wrong = digest(b"other")
    trusting.run("--checksum", wrong, url, "true").explains("root.tar.gz", digest(archive), wrong)
    assert not stored(trusting) and not left(trusting)
    trusting.run("--checksum", digest(archive), url, "true").succeeds()
    count = len(page.requests)
    # What has a digest needs no network, wherever it is said to be.
    trusting.run("--checksum", digest(archive), "https://127.0.0.1:9/nowhere", "true").succeeds()
    trusting.run("--checksum", wrong, url, "true").fails(wrong)
    assert len(page.requests) == count + 1
    for text in ("md5:00", "sha256:12", digest(archive).upper(), digest(archive)[7:]):
        trusting.run("--checksum", text, url, "true").explains("--checksum", "64 digits")


def test_plain_http_needs_a_checksum(trusting, plain_server, archive):
    url, page = plain_server.add("root.tar.gz", archive)
    trusting.run(url, "true").explains("plain HTTP", "https", "--checksum")
    assert not page.requests
    trusting.run("--checksum", digest(archive), url, "true").succeeds()


def test_a_cut_download_goes_on(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive, cuts=[100_000, 50_000])
    trusting.run(url, "true").succeeds()
    assert [request.get("Range") for request in page.requests] == [None, "bytes=100000-", "bytes=150000-"]
    assert page.requests[1]["If-Range"] == page.etag
    assert stored(trusting) == [digest(archive)[7:]] and not left(trusting)


def test_the_next_command_goes_on_after_a_cut(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive, cuts=[100_000, 0, 0, 0, 0])
    trusting.run(url, "true", timeout=30).explains("root.tar.gz", f"100000 of {len(archive)} bytes", "same command")
    assert not stored(trusting)
    page.cuts.clear()
    page.requests.clear()
    trusting.run(url, "true").succeeds()
    assert page.requests[0]["Range"] == "bytes=100000-"
    assert stored(trusting) == [digest(archive)[7:]] and not left(trusting)


@pytest.mark.parametrize("behaviour", [{"ranges": False}, {"tag": False}, {"tag": False, "ranges": False}])
def test_a_server_that_does_not_go_on_gives_everything_again(trusting, server, archive, behaviour):
    url, page = server.add("root.tar.gz", archive, cuts=[100_000], **behaviour)
    trusting.run(url, "true").succeeds()
    assert stored(trusting) == [digest(archive)[7:]] and not left(trusting)


def test_an_archive_that_changes_between_requests_is_not_mixed(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive, cuts=[100_000, 0, 0, 0])
    trusting.run(url, "true", timeout=30).fails("100000")
    page.content = retarred(archive, "changed")
    page.cuts.clear()
    assert trusting.run(url, "cat", "/changed").succeeds().out == "changed"
    assert stored(trusting) == [digest(page.content)[7:]]


def test_lies_about_the_length(trusting, server, archive):
    long, _ = server.add("long.tar.gz", archive, length=len(archive) + 1000)
    trusting.run(long, "true", timeout=30).explains("long.tar.gz")
    short, _ = server.add("short.tar.gz", archive, length=len(archive) // 2)
    trusting.run(short, "true").explains("short.tar.gz")
    assert not stored(trusting)
    nothing, _ = server.add("empty.tar.gz", b"")
    trusting.run(nothing, "true").explains("empty.tar.gz", "empty")
    unsaid, _ = server.add("unsaid.tar.gz", archive, length=False)
    trusting.run(unsaid, "true").succeeds()


def test_a_download_without_end(trusting, server):
    url, _ = server.add("endless", endless=True)
    trusting.run("--max-download", "4m", url, "true").explains("endless", "4194304 bytes", "--max-download")
    assert not stored(trusting) and not left(trusting)


def test_what_is_no_archive_is_not_kept(trusting, server):
    url, _ = server.add("page", b"<html>not found, but politely</html>" * 100)
    trusting.run(url, "true").explains("page", "neither a directory nor a tar archive")
    gone, _ = server.add("gone", b"")
    trusting.run(gone + "/nowhere", "true").explains("nowhere", "404")
    assert not stored(trusting) and not left(trusting)


def test_strangers_are_not_trusted(roost, server, archive):
    url, page = server.add("root.tar.gz", archive)
    roost.run(url, "true").explains("root.tar.gz", "certificate")
    assert not page.requests
    other = url.replace("127.0.0.1", "localhost")
    roost.run(other, "true", env={"CURL_CA_BUNDLE": str(server.certificate)}).explains("certificate")
    roost.run("https://127.0.0.1:9/x.tar", "true").explains("x.tar", "connect")


def test_proxies(trusting, server, archive):
    proxy = Proxy()
    try:
        url, _ = server.add("root.tar.gz", archive)
        address = f"http://127.0.0.1:{proxy.port}"
        trusting.run(url, "true", env={"https_proxy": address, "no_proxy": "127.0.0.1"}).succeeds()
        assert not proxy.asked
        other, _ = server.add("other.tar.gz", archive)
        trusting.run(other, "true", env={"https_proxy": address}).succeeds()
        assert proxy.asked == [f"127.0.0.1:{server.port}"]
    finally:
        proxy.close()


@pytest.mark.parametrize("address, words", [
    ("https://", "no host"), ("https:///x", "no host"), ("https://ann:secret@host/x", "netrc"),
    ("https://host/a b", "%XX"), ("https://host/a\"b", "%XX"), ("https://host/ü", "%XX"), ("ftp://host/x", "not a root")])
def test_bad_addresses(roost, address, words):
    roost.run(address, "true").explains(words)


def test_options_of_others_do_not_count(trusting, server, archive, case):
    home = case.directory_for("home", {".curlrc": "url = \"https://127.0.0.1:9/\"\ninsecure\nproxy = \"127.0.0.1:9\"\n"})
    url, _ = server.add("root.tar.gz", archive)
    trusting.run(url, "true", env={"HOME": str(home)}).succeeds()


def test_the_program_is_missing(roost, server, archive):
    url, _ = server.add("root.tar.gz", archive)
    sandbox.mount("/dev/null", "/usr/bin/curl", "none", sandbox.MS_BIND)
    try:
        roost.run(url, "true").explains("program curl", "install the package curl")
    finally:
        sandbox.unmount("/usr/bin/curl")


def test_two_at_once_download_once(trusting, server, archive):
    url, page = server.add("root.tar.gz", archive)
    processes = [trusting.popen("run", "--rm", url, "true") for _ in range(4)]
    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]
    assert len(page.requests) == 1


def test_killed_in_the_middle(trusting, server, archive):
    url, page = server.add("endless", endless=True)
    process = trusting.popen("run", "--rm", url, "true")
    part = trusting.state / "roots/downloads"
    eventually(lambda: part.is_dir() and any(file.stat().st_size for file in part.iterdir()), "bytes arrive")
    process.send_signal(signal.SIGKILL)
    process.wait()
    del server.pages["/endless"]
    server.add("endless", archive)
    # Without a tag nobody knows what belongs together: from the beginning.
    trusting.run(url, "true").succeeds()
    assert stored(trusting) == [digest(archive)[7:]] and not left(trusting)


def test_prune_removes_interrupted_downloads(trusting, server, archive):
    url, _ = server.add("root.tar.gz", archive, cuts=[100_000, 0, 0, 0])
    trusting.run(url, "true", timeout=30).fails("100000")
    assert left(trusting)
    trusting("rootfs", "prune").succeeds()
    assert not left(trusting)


def test_progress_on_a_terminal(trusting, server):
    url, _ = server.add("endless", endless=True)
    master, slave = pty.openpty()
    process = trusting.popen("run", "--rm", "--max-download", "2g", url, "true", stderr=slave)
    os.close(slave)
    terminal = Terminal(master)
    terminal.until("downloading")
    process.kill()
    process.wait()
    os.close(master)
