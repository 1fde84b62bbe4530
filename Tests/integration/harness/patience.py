# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""How long to wait for what should have happened long ago: a limit for hanging tests, never a measure of anything."""
import os
import time

# An emulated machine is many times slower and says so here.
_FACTOR = float(os.environ.get("ROOST_TEST_PATIENCE", "1"))


def patient(seconds):
    """Seconds of an idle machine → seconds to wait on this one."""
    return seconds * _FACTOR


def deadline(seconds):
    """The point of time.monotonic() at which patience ends."""
    return time.monotonic() + patient(seconds)
