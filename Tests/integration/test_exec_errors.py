# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Programs that cannot be executed, and mounts that cannot be made: what went wrong is said.

Callers look for the phrases of runc ("no such file or directory", "permission denied", "exec format error"), so ours
keeps them in front and then adds what it found out.
"""
import re
import struct

import pytest

from harness import sandbox

AARCH64, X86_64 = 183, 62


def program(bundle, name, content, mode=0o755):
    path = bundle.rootfs / "bin" / name
    path.write_bytes(content)
    path.chmod(mode)
    return f"/bin/{name}"


def elf(machine=X86_64, interpreter=None, kind=2):
    """A 64-bit executable with at most a PT_INTERP: enough for the kernel to look for the loader."""
    name = (interpreter or "").encode() + b"\0"
    headers = 2 if interpreter else 1
    offset = 64 + 56 * headers
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, 0x400000 + offset, 64, 0, 0, 64, 56, headers, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, offset + len(name), offset + len(name), 4096)
    interp = struct.pack("<IIQQQQQQ", 3, 4, offset, offset, offset, len(name), len(name), 1) if interpreter else b""
    return header + interp + load + name


def broken_programs():
    """name, content, mode, exit status, words of ours"""
    return [
        pytest.param("missing", None, 0, 127, ["no such file or directory"], id="missing"),
        pytest.param("badinterp", b"#!/bin/nosuch\n", 0o755, 127,
                     ["no such file or directory", "/bin/nosuch", "interpreter|#!", "not in the container"],
                     id="interpreter missing"),
        pytest.param("crlf", b"#!/bin/sh\r\necho x\r\n", 0o755, 127, ["no such file or directory", "CRLF"], id="crlf"),
        pytest.param("dynamic", elf(interpreter="/lib64/ld-linux-x86-64.so.2"), 0o755, 127,
                     ["no such file or directory", "loader", "/lib64/ld-linux-x86-64.so.2"], id="loader missing"),
        pytest.param("noshebang", b"echo x\n", 0o755, 126, ["exec format error", "#!"], id="no #! line"),
        pytest.param("foreign", elf(machine=AARCH64), 0o755, 126, ["exec format error", "aarch64", "x86_64"],
                     id="other architecture"),
        pytest.param("empty", b"", 0o755, 126, ["exec format error", "empty"], id="empty file"),
        pytest.param("notexec", b"#!/bin/sh\n", 0o644, 126, ["permission denied", "0?644|execute bit|mode"],
                     id="no execute bit"),
        pytest.param("directory", "directory", 0o755, 126, ["permission denied|is a directory", "directory"],
                     id="directory"),
    ]


def place(bundle, name, content, mode):
    path = f"/bin/{name}"
    if content == "directory":
        (bundle.rootfs / "bin" / name).mkdir()
    elif content is not None:
        program(bundle, name, content, mode)
    return path


@pytest.mark.parametrize("name, content, mode, status, words", broken_programs())
def test_run_fails_and_names_the_program(request, bundle, name, content, mode, status, words):
    if bundle.case.runtime.name == "crun" and name in ("notexec", "directory"):
        request.applymarker(pytest.mark.xfail(reason="1.8.1 does not say which program"))
    path = place(bundle, name, content, mode)
    bundle.run(path).fails(re.escape(path))


@pytest.mark.roost
@pytest.mark.parametrize("name, content, mode, status, words", broken_programs())
def test_run_says_what_is_wrong(bundle, name, content, mode, status, words):
    path = place(bundle, name, content, mode)
    bundle.run(path).fails(status=status).explains(re.escape(path), *words)


@pytest.mark.roost
@pytest.mark.parametrize("name, content, mode, status, words", broken_programs())
def test_exec_says_what_is_wrong(bundle, name, content, mode, status, words):
    """Status 255, as with runc, tells the runtime's failures from the program's own."""
    path = place(bundle, name, content, mode)
    bundle.sleeper().exec(path).fails(status=255).explains(re.escape(path), *words)


@pytest.mark.roost
@pytest.mark.parametrize("name, content, mode, status, words", broken_programs())
def test_start_reports_the_failure_of_exec(bundle, name, content, mode, status, words):
    """create may leave it to start to find out, but one of both must fail and say why."""
    path = place(bundle, name, content, mode)
    created, container = bundle.try_create(path)
    result = created if created.status != 0 else container.case("start", container.id)
    result.fails(re.escape(path), *words)


def test_program_without_a_slash_that_is_in_no_directory_of_path(bundle):
    bundle.run("no-such-program").fails("no-such-program", r"\$?PATH|no such file|not found")


@pytest.mark.roost
def test_program_that_is_not_in_path_names_the_path(bundle):
    bundle.process["env"] = ["PATH=/opt/one:/opt/two"]
    bundle.run("no-such-program").fails("no-such-program", "/opt/one:/opt/two", status=127)


@pytest.mark.roost
def test_program_on_a_noexec_mount(bundle, case):
    source = case.directory_for("source", {"tool": "#!/bin/sh\n"})
    (source / "tool").chmod(0o755)
    bundle.mount("/data", source, "bind", "noexec").run("/data/tool").fails(
        "permission denied", "noexec", status=126)


@pytest.mark.roost
def test_interpreter_that_is_not_executable(bundle):
    (bundle.rootfs / "bin/inner").write_text("#!/bin/sh\n")
    path = program(bundle, "outer", b"#!/bin/inner\n")
    bundle.run(path).fails("/bin/inner", "permission denied", status=126)


@pytest.mark.roost
def test_arguments_that_are_too_long(bundle):
    bundle.run("true", "x" * 200000).fails("argument list too long", "/process/args|/bin/true")


@pytest.mark.roost
def test_program_for_which_the_user_has_no_permission(bundle):
    path = program(bundle, "private", b"#!/bin/sh\n", 0o700)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.run(path).fails(re.escape(path), "permission denied", "1000", status=126)


def test_no_state_after_a_failure(bundle, case):
    identifier = case.new_id()
    bundle.run("/no/such", identifier=identifier).fails()
    case("state", identifier).fails()


@pytest.mark.roost
@pytest.mark.parametrize("edit, words", [
    (lambda b: b.bind("/data", "/nope/src"), ["/mounts/7", "/nope/src", "no such file or directory"]),
    (lambda b: b.bind("/etc", "/etc/passwd"), ["/mounts/7", "/etc/passwd", "not a directory|is a file", "/etc"]),
    (lambda b: b.bind("/etc/passwd", "/etc"), ["/mounts/7", "directory", "/etc/passwd"]),
    (lambda b: b.mount("/t", "tmpfs", "frobnicate", kind="tmpfs"), ["/mounts/7", "frobnicate"]),
    (lambda b: b.mount("/t", "tmpfs", "size=pig", kind="tmpfs"), ["/mounts/7", "size"]),
    (lambda b: b.mount("/t", "none", kind="nosuchfs"), ["/mounts/7", "nosuchfs"]),
    (lambda b: b.spec["root"].update(path="nope"), ["/root/path", "nope", "no such file or directory"]),
    (lambda b: b.spec["root"].update(path="config.json"), ["/root/path", "not a directory"]),
    (lambda b: b.process.update(cwd="/etc/passwd"), ["/process/cwd", "/etc/passwd", "not a directory"]),
    (lambda b: b.namespace("network", "/nope/ns"), ["/linux/namespaces/4", "/nope/ns", "no such file or directory"]),
    (lambda b: b.namespace("network", "/proc/self/ns/uts"), ["/linux/namespaces/4", "uts"]),
], ids=["bind source", "file onto directory", "directory onto file", "unknown option", "bad value", "unknown type",
        "root missing", "root a file", "cwd a file", "namespace missing", "namespace type"])
def test_mount_and_path_failures_say_where(bundle, edit, words):
    edit(bundle)
    bundle.run("true").fails(status=1).explains(*words)


@pytest.mark.roost
def test_read_only_file_system_under_a_missing_target(bundle, case):
    """The directory cannot be made, because the root is a read-only mount: say that."""
    source = case.directory_for("source")
    sandbox.mount(str(bundle.rootfs), str(bundle.rootfs), None, sandbox.MS_BIND)
    sandbox.mount(None, str(bundle.rootfs), None, sandbox.MS_BIND | 0x21)  # MS_REMOUNT | MS_RDONLY
    try:
        bundle.bind("/new/target", source).run("true").fails("/mounts/7", "/new", "read-only file system")
    finally:
        sandbox.unmount(str(bundle.rootfs))
