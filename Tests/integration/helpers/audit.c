// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors
//
// What a container can do, seen from inside: a line "call NAME RESULT" for each of some dangerous system calls. RESULT is
// "blocked" when the kernel refuses it before it looks at its arguments (EPERM, EACCES, ENOSYS, or a signal), otherwise
// "open" and what came of it. Each call is made by a process of its own, with arguments that do no harm where it works.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef AF_ALG
#define AF_ALG 38
#endif

#define PROBE(NAME, ...) {NAME, {__VA_ARGS__}}

static char none[4096];
#define POINTER ((long)none)

/// Name, number, arguments.
static const struct {
  const char *name;
  long words[7];
} probes[] = {
    PROBE("unshare-user", SYS_unshare, CLONE_NEWUSER),
    PROBE("unshare-mount", SYS_unshare, CLONE_NEWNS),
    PROBE("clone-user", SYS_clone, CLONE_NEWUSER | SIGCHLD),
    PROBE("clone3", SYS_clone3, 0, 0),
    PROBE("setns", SYS_setns, -1, 0),
    PROBE("mount", SYS_mount, 0, 0, 0, 0, 0),
    PROBE("umount2", SYS_umount2, 0, 0),
    PROBE("pivot_root", SYS_pivot_root, 0, 0),
    PROBE("fsopen", SYS_fsopen, 0, 0),
    PROBE("fsmount", SYS_fsmount, -1, 0, 0),
    PROBE("open_tree", SYS_open_tree, -1, 0, 1),
    PROBE("move_mount", SYS_move_mount, -1, 0, -1, 0, 0),
    PROBE("mount_setattr", SYS_mount_setattr, -1, 0, 0, 0, 0),
    PROBE("bpf", SYS_bpf, 0, 0, 0),
    PROBE("perf_event_open", SYS_perf_event_open, 0, 0, -1, -1, 0),
    PROBE("ptrace", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0),
    PROBE("process_vm_readv", SYS_process_vm_readv, 1, 0, 0, 0, 0, 0),
    PROBE("process_vm_writev", SYS_process_vm_writev, 1, 0, 0, 0, 0, 0),
    PROBE("kcmp", SYS_kcmp, 1, 1, 0, 0, 0),
    PROBE("pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0),
    PROBE("keyctl", SYS_keyctl, 0, -3, 0),
    PROBE("add_key", SYS_add_key, 0, 0, 0, 0, -3),
    PROBE("request_key", SYS_request_key, 0, 0, 0, 0),
    PROBE("kexec_load", SYS_kexec_load, 0, 0, 0, -1),
    PROBE("kexec_file_load", SYS_kexec_file_load, -1, -1, 0, 0, 0),
    PROBE("init_module", SYS_init_module, 0, 0, 0),
    PROBE("finit_module", SYS_finit_module, -1, 0, 0),
    PROBE("delete_module", SYS_delete_module, 0, 0),
    PROBE("reboot", SYS_reboot, 0, 0, 0),
    PROBE("swapon", SYS_swapon, 0, 0),
    PROBE("swapoff", SYS_swapoff, 0),
    PROBE("settimeofday", SYS_settimeofday, 0, 0),
    PROBE("clock_settime", SYS_clock_settime, 0, 0),
    PROBE("acct", SYS_acct, POINTER),
    PROBE("quotactl", SYS_quotactl, 0, 0, 0, 0),
    PROBE("syslog", SYS_syslog, 3, POINTER, 16),
    PROBE("userfaultfd", SYS_userfaultfd, 1),
    PROBE("io_uring_setup", SYS_io_uring_setup, 0, 0),
    PROBE("io_uring_enter", SYS_io_uring_enter, -1, 0, 0, 0, 0, 0),
    PROBE("io_uring_register", SYS_io_uring_register, -1, 0, 0, 0),
    PROBE("open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0),
    PROBE("name_to_handle_at", SYS_name_to_handle_at, -1, 0, 0, 0, 0),
    PROBE("fanotify_init", SYS_fanotify_init, 0, 0),
    PROBE("move_pages", SYS_move_pages, 0, 0, 0, 0, 0, 0),
    PROBE("mbind", SYS_mbind, 0, 0, 0, 0, 0, 0),
    PROBE("set_mempolicy", SYS_set_mempolicy, 99, 0, 0),
    PROBE("vhangup", SYS_vhangup, 0),
    PROBE("sethostname", SYS_sethostname, 0, -1),
    PROBE("setdomainname", SYS_setdomainname, 0, -1),
    PROBE("personality-random", SYS_personality, 0x0040000),
    PROBE("socket-alg", SYS_socket, AF_ALG, SOCK_SEQPACKET, 0),
    PROBE("socket-vsock", SYS_socket, AF_VSOCK, SOCK_STREAM, 0),
    PROBE("socket-packet", SYS_socket, AF_PACKET, SOCK_RAW, 0),
    PROBE("socket-raw", SYS_socket, AF_INET, SOCK_RAW, 1),
    PROBE("ioctl-TIOCSTI", SYS_ioctl, 0, TIOCSTI, POINTER),
    PROBE("ioctl-TIOCLINUX", SYS_ioctl, 0, TIOCLINUX, POINTER),
#ifdef SYS_iopl
    PROBE("iopl", SYS_iopl, 3),
    PROBE("ioperm", SYS_ioperm, 0, 1, 1),
    PROBE("modify_ldt", SYS_modify_ldt, 0, POINTER, 0),
#endif
};

/// The errno of one call: 0 for success, -1 for a signal.
static int outcome(const long *w) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  pid_t child = fork();
  if (child == 0) {
    long result = syscall(w[0], w[1], w[2], w[3], w[4], w[5], w[6]);
    int error = result == -1 ? errno : 0;
    // A clone that works returns here twice.
    _exit(write(ends[1], &error, sizeof error) != sizeof error);
  }
  close(ends[1]);
  int error = -1;
  if (read(ends[0], &error, sizeof error) != sizeof error) error = -1;
  close(ends[0]);
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  waitpid(child, NULL, 0);
  return error;
}

int main(void) {
  for (unsigned i = 0; i < sizeof probes / sizeof *probes; i++) {
    int error = outcome(probes[i].words);
    // EIO is how the default profile answers to ioctls of terminals.
    int refused = error == EPERM || error == EACCES || error == ENOSYS || error == -1 ||
                  (error == EIO && strncmp(probes[i].name, "ioctl", 5) == 0) ||
                  (error == EINVAL && strncmp(probes[i].name, "socket", 6) == 0) ||
                  (error == EAFNOSUPPORT && strncmp(probes[i].name, "socket", 6) == 0);
    printf("call %s %s %s\n", probes[i].name, refused ? "blocked" : "open",
           error == 0 ? "success" : error < 0 ? "signal" : strerrorname_np(error));
  }
  return 0;
}
