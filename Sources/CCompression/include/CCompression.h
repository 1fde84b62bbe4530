// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

#pragma once
#include <zlib.h>
#include <lzma.h>
#include <zstd.h>
