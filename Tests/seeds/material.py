# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What the five start from, made of this machine's own programs: an archive, an initrd, directories."""
import os
import re
import shutil
import subprocess
from pathlib import Path

BUSYBOX = Path("/bin/busybox")


def _run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, timeout=120, **options)


def _libraries(program):
    """What ldd(1) lists. The tests' own way, so that nothing of Roost's is measured by itself."""
    listing = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True, timeout=30).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", listing)]


def _copy(path, root):
    target = root / str(path).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(path, target)


def add_program(name, root):
    """A program of the machine at /bin, with its libraries where the loader looks for them."""
    source = Path(shutil.which(name))
    target = root / "bin" / name
    if target.is_symlink():
        target.unlink()
    shutil.copy(source, target)
    for library in _libraries(source):
        _copy(library, root)


def busybox_tree(root):
    """The layout of a minirootfs: busybox under all its names, and the files that programs look into."""
    for name in ("bin", "sbin", "etc", "proc", "sys", "dev", "tmp", "root", "lib", "lib64", "usr", "var", "run", "mnt"):
        (root / name).mkdir(parents=True)
    os.chmod(root / "tmp", 0o1777)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    listing = subprocess.run([str(BUSYBOX), "--list"], capture_output=True, text=True, check=True, timeout=10)
    for name in listing.stdout.split():
        if name != "busybox":
            os.symlink("busybox", root / "bin" / name)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/ash\nnobody:x:99:98:nobody:/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:98:\n")
    return root


def minirootfs(directory):
    """`alpine-minirootfs.tar.gz`. Its ping is not busybox's: Alpine's does without raw sockets, Debian's busybox cannot."""
    tree = busybox_tree(directory / "minirootfs")
    add_program("ping", tree)
    archive = directory / "alpine-minirootfs.tar.gz"
    _run("tar", "--create", "--gzip", "--file", archive, "--directory", tree, "--owner=0", "--group=0", ".")
    return archive


def initrd(directory):
    """`initrd.img` as installation media have it: a compressed cpio archive of a small system with bash."""
    tree = shell_tree(directory / "initrd")
    image = directory / "initrd.img"
    with open(image, "wb") as out:
        _run("bash", "-c", "set -o pipefail; find . | cpio --quiet --create --format=newc | gzip", cwd=tree, stdout=out)
    return image


def shell_tree(directory):
    """A directory with bash, ping and busybox."""
    tree = busybox_tree(directory)
    for name in ("bash", "ping"):
        add_program(name, tree)
    return tree
