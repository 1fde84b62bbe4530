# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""What the black box tests stand on: a sandbox, a runtime's command line, bundles, containers, leak checks."""
