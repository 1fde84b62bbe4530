// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// Values that the kernel's headers define by macros the Swift importer does not translate, or that two headers
// define in ways that collide on import. Each is taken from its header here, never retyped.

#pragma once

#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/sysmacros.h>

#ifndef CLONE_NEWTIME
#error "the kernel headers are too old: linux-libc-dev 5.10 or newer is needed"
#endif

// Newer than some distributions' headers; the kernel answers EINVAL where it lacks them.
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef FSCONFIG_CMD_CREATE_EXCL
#define FSCONFIG_CMD_CREATE_EXCL 8
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

static const uint64_t CL_CLONE_NEWNS = CLONE_NEWNS;
static const uint64_t CL_CLONE_NEWPID = CLONE_NEWPID;
static const uint64_t CL_CLONE_NEWNET = CLONE_NEWNET;
static const uint64_t CL_CLONE_NEWIPC = CLONE_NEWIPC;
static const uint64_t CL_CLONE_NEWUTS = CLONE_NEWUTS;
static const uint64_t CL_CLONE_NEWUSER = CLONE_NEWUSER;
static const uint64_t CL_CLONE_NEWCGROUP = CLONE_NEWCGROUP;
static const uint64_t CL_CLONE_NEWTIME = CLONE_NEWTIME;
static const uint64_t CL_CLONE_PIDFD = CLONE_PIDFD;
static const uint64_t CL_CLONE_PARENT = CLONE_PARENT;
static const uint64_t CL_CLONE_INTO_CGROUP = CLONE_INTO_CGROUP;

static const uint64_t CL_MOUNT_ATTR_RDONLY = MOUNT_ATTR_RDONLY;
static const uint64_t CL_MOUNT_ATTR_NOSUID = MOUNT_ATTR_NOSUID;
static const uint64_t CL_MOUNT_ATTR_NODEV = MOUNT_ATTR_NODEV;
static const uint64_t CL_MOUNT_ATTR_NOEXEC = MOUNT_ATTR_NOEXEC;
static const uint64_t CL_MOUNT_ATTR__ATIME = MOUNT_ATTR__ATIME;
static const uint64_t CL_MOUNT_ATTR_RELATIME = MOUNT_ATTR_RELATIME;
static const uint64_t CL_MOUNT_ATTR_NOATIME = MOUNT_ATTR_NOATIME;
static const uint64_t CL_MOUNT_ATTR_STRICTATIME = MOUNT_ATTR_STRICTATIME;
static const uint64_t CL_MOUNT_ATTR_NODIRATIME = MOUNT_ATTR_NODIRATIME;
static const uint64_t CL_MOUNT_ATTR_IDMAP = MOUNT_ATTR_IDMAP;
static const uint64_t CL_MOUNT_ATTR_NOSYMFOLLOW = MOUNT_ATTR_NOSYMFOLLOW;

static const uint64_t CL_LANDLOCK_EXECUTE = LANDLOCK_ACCESS_FS_EXECUTE;
static const uint64_t CL_LANDLOCK_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t CL_LANDLOCK_WRITE =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REFER |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
static const uint64_t CL_LANDLOCK_OF_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                             LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
static const uint64_t CL_LANDLOCK_BIND = LANDLOCK_ACCESS_NET_BIND_TCP;
static const uint64_t CL_LANDLOCK_CONNECT = LANDLOCK_ACCESS_NET_CONNECT_TCP;

static const uint64_t CL_MS_RDONLY = MS_RDONLY;
static const uint64_t CL_MS_BIND = MS_BIND;
static const uint64_t CL_MS_REC = MS_REC;
static const uint64_t CL_MS_REMOUNT = MS_REMOUNT;
static const uint64_t CL_MS_PRIVATE = MS_PRIVATE;
static const uint64_t CL_MS_SHARED = MS_SHARED;
static const uint64_t CL_MS_SLAVE = MS_SLAVE;
static const uint64_t CL_MS_UNBINDABLE = MS_UNBINDABLE;

// The inode of the first user namespace, fixed since Linux 3.8; USER_NS_INIT_INO of newer headers.
static const uint32_t cl_user_ns_init_inode = 0xEFFFFFFDU;

static inline uint64_t cl_makedev(uint32_t major, uint32_t minor) { return makedev(major, minor); }

// Hidden without _GNU_SOURCE; glibc 2.32.
extern const char *strerrorname_np(int number);

// P_PIDFD is an enumerator that glibc 2.36 has; the importer gives it another type than waitid's wrapper takes.
static const int cl_p_pidfd = P_PIDFD;
static const int cl_p_all = P_ALL;

static const int cl_sock_stream = SOCK_STREAM;
static const int cl_sock_seqpacket = SOCK_SEQPACKET;
static const int cl_sock_dgram = SOCK_DGRAM;

// Hidden without _GNU_SOURCE, so defined in CLinux.c.
extern const int cl_at_empty_path;
extern const int cl_at_recursive;
extern const int cl_o_path;
extern const int cl_at_eaccess;
extern const unsigned long cl_st_noexec;
extern const unsigned long cl_st_rdonly;
extern const unsigned cl_mfd_cloexec;
extern const int cl_mnt_detach;
extern const int cl_umount_nofollow;
