# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Ordinary users, with and without subordinate ids. /etc is that of the sandbox's mount namespace only."""
import contextlib
import os
from pathlib import Path

from . import sandbox

UID = 1000
NAME = "ordinary"
#: The first subordinate id, and how many there are.
SUBORDINATE, COUNT = 231072, 65536


@contextlib.contextmanager
def known(directory, *, subordinate):
    """For a while /etc/passwd knows user 1000, and /etc/subuid and /etc/subgid say what else it may be."""
    upper, work = Path(directory) / "etc", Path(directory) / "etc.work"
    upper.mkdir()
    work.mkdir()
    os.chmod(upper, 0o755)
    # By number, since the machine may have a name for the user that we do not know.
    ids = f"{UID}:{SUBORDINATE}:{COUNT}\n" if subordinate else ""
    files = {
        "passwd": Path("/etc/passwd").read_text() + f"{NAME}:x:{UID}:{UID}::/tmp:/bin/sh\n",
        "group": Path("/etc/group").read_text() + f"{NAME}:x:{UID}:\n", "subuid": ids, "subgid": ids,
    }
    for name, text in files.items():
        (upper / name).write_text(text)
        os.chmod(upper / name, 0o644)
    sandbox.mount("overlay", "/etc", "overlay", 0, f"lowerdir=/etc,upperdir={upper},workdir={work}")
    try:
        yield
    finally:
        sandbox.unmount("/etc")
