// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Constants that glibc's headers show only with _GNU_SOURCE, which CLinux.h must not define.

#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

const int cl_at_empty_path = AT_EMPTY_PATH;
const int cl_at_recursive = AT_RECURSIVE;
const int cl_o_path = O_PATH;
const int cl_at_eaccess = AT_EACCESS;
const unsigned long cl_st_noexec = ST_NOEXEC;
const unsigned long cl_st_rdonly = ST_RDONLY;
const unsigned cl_mfd_cloexec = MFD_CLOEXEC;
