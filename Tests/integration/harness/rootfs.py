# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Root file systems: one template made at the start of the session, one cheap copy (hard links) per bundle."""
import os
import shutil
import subprocess
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
HELPERS = Path(__file__).resolve().parent.parent / "helpers"


class Unavailable(Exception):
    """Something that the suite needs is missing on this machine."""


def compile_helper(source, target, *flags):
    """Compiles a C program; where there is no compiler, ROOST_TEST_HELPERS names a directory that has it."""
    if prebuilt := os.environ.get("ROOST_TEST_HELPERS"):
        shutil.copy(Path(prebuilt) / Path(source).stem, target)
        return
    command = ["gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-static", *flags,
               "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)}: {done.stderr}")


class Template:
    """busybox with a link per applet, our probe, and the few files that a container may look into."""

    def __init__(self, directory):
        if not BUSYBOX.exists():
            raise Unavailable(f"{BUSYBOX} is missing: install Debian's busybox-static")
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self.busybox = self.directory / "busybox"
        self.probe = self.directory / "probe"
        shutil.copy(BUSYBOX, self.busybox)
        self.busybox.chmod(0o755)
        compile_helper(HELPERS / "probe.c", self.probe)
        listing = subprocess.run([str(BUSYBOX), "--list"], capture_output=True, text=True, check=True, timeout=10)
        self.applets = [name for name in listing.stdout.split() if name != "busybox"]

    def copy(self, root):
        """A fresh root file system; the two programs are hard links, so do not change them in place."""
        root = Path(root)
        for name in ("bin", "etc", "proc", "sys", "dev", "tmp", "root"):
            (root / name).mkdir(parents=True)
        os.chmod(root / "tmp", 0o1777)
        os.link(self.busybox, root / "bin/busybox")
        os.link(self.probe, root / "bin/probe")
        for name in self.applets:
            os.symlink("busybox", root / "bin" / name)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/tmp:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nann:x:1000:\nextra:x:2000:ann\n")
        return root
