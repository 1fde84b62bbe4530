# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The engine's command line answers without root's help, a store or a runtime."""


def test_help_names_run(roost):
    assert "run" in roost("--help").succeeds().out


def test_unknown_command(roost):
    roost("frobnicate").fails("frobnicate")
