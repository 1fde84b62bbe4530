// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// The kernel's interface for Swift: constants that the importer cannot see, and `static inline` wrappers that return
// the result or `-errno`, so that no string construction can come between a call and its errno. No policy, no loops.

#pragma once

// _GNU_SOURCE stays undefined: Swift imports glibc without it, and two modules must agree on every shared type.
// What that hides is called by number.

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <net/if.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
// glibc's <sched.h>, which <spawn.h> brings, has a structure of this name, too.
#define sched_param kernel_sched_param
#include <linux/sched/types.h>
#undef sched_param
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <malloc.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>


#include "CLinuxConstants.h"
#include "CNetlink.h"

// What the process was started with, ended by NULL.
extern char *const *cl_arguments(void);
extern char *const *cl_environment(void);

static inline long cl_result(long r) { return r < 0 ? -(long)errno : r; }

// Files

static inline long cl_openat(int dir, const char *path, int flags, unsigned mode) {
  return cl_result(syscall(SYS_openat, dir, path, flags, mode));
}

static inline long cl_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return cl_result(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

static inline long cl_close(int fd) { return cl_result(close(fd)); }
static inline long cl_read(int fd, void *buffer, size_t count) { return cl_result(read(fd, buffer, count)); }
static inline long cl_write(int fd, const void *buffer, size_t count) {
  return cl_result(write(fd, buffer, count));
}
static inline long cl_pread(int fd, void *buffer, size_t count, int64_t offset) {
  return cl_result(pread(fd, buffer, count, offset));
}
static inline long cl_pwrite(int fd, const void *buffer, size_t count, int64_t offset) {
  return cl_result(pwrite(fd, buffer, count, offset));
}
static inline long cl_memfd_create(const char *name, unsigned flags) {
  return cl_result(syscall(SYS_memfd_create, name, flags));
}
static inline long cl_faccessat2(int dir, const char *path, int mode, int flags) {
  return cl_result(syscall(SYS_faccessat2, dir, path, mode, flags));
}
static inline long cl_fstat(int fd, struct stat *out) { return cl_result(fstat(fd, out)); }
static inline long cl_fstatat(int dir, const char *path, struct stat *out, int flags) {
  return cl_result(fstatat(dir, path, out, flags));
}
static inline long cl_fstatfs(int fd, struct statfs *out) { return cl_result(fstatfs(fd, out)); }
static inline long cl_statfs(const char *path, struct statfs *out) { return cl_result(statfs(path, out)); }
static inline long cl_mkdirat(int dir, const char *path, unsigned mode) {
  return cl_result(mkdirat(dir, path, mode));
}
static inline long cl_mknodat(int dir, const char *path, unsigned mode, uint64_t device) {
  return cl_result(mknodat(dir, path, mode, device));
}
static inline long cl_symlinkat(const char *target, int dir, const char *path) {
  return cl_result(symlinkat(target, dir, path));
}
static inline long cl_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  return cl_result(linkat(from_dir, from, to_dir, to, flags));
}
static inline long cl_unlinkat(int dir, const char *path, int flags) {
  return cl_result(unlinkat(dir, path, flags));
}
static inline long cl_readlinkat(int dir, const char *path, char *buffer, size_t count) {
  return cl_result(readlinkat(dir, path, buffer, count));
}
static inline long cl_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return cl_result(syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}
static inline long cl_fchmod(int fd, unsigned mode) { return cl_result(fchmod(fd, mode)); }
static inline long cl_fchmodat(int dir, const char *path, unsigned mode) {
  return cl_result(fchmodat(dir, path, mode, 0));
}
static inline long cl_fchown(int fd, uint32_t uid, uint32_t gid) { return cl_result(fchown(fd, uid, gid)); }
static inline long cl_fchownat(int dir, const char *path, uint32_t uid, uint32_t gid, int flags) {
  return cl_result(fchownat(dir, path, uid, gid, flags));
}
static inline long cl_ftruncate(int fd, int64_t length) { return cl_result(ftruncate(fd, length)); }
static inline long cl_syncfs(int fd) { return cl_result(syscall(SYS_syncfs, fd)); }
static inline long cl_flock(int fd, int operation) { return cl_result(flock(fd, operation)); }
static inline long cl_dup3(int from, int to, int flags) { return cl_result(syscall(SYS_dup3, from, to, flags)); }
static inline long cl_fcntl(int fd, int command, long argument) {
  return cl_result(fcntl(fd, command, argument));
}
static inline long cl_close_range(unsigned first, unsigned last, unsigned flags) {
  return cl_result(syscall(SYS_close_range, first, last, flags));
}
static inline long cl_getdents64(int fd, void *buffer, size_t count) {
  return cl_result(syscall(SYS_getdents64, fd, buffer, count));
}
static inline long cl_fchdir(int fd) { return cl_result(fchdir(fd)); }
static inline long cl_chdir(const char *path) { return cl_result(chdir(path)); }
static inline long cl_chroot(const char *path) { return cl_result(syscall(SYS_chroot, path)); }
static inline long cl_getcwd(char *buffer, size_t count) {
  return cl_result(syscall(SYS_getcwd, buffer, count));
}
static inline long cl_eventfd(unsigned initial, int flags) {
  return cl_result(syscall(SYS_eventfd2, initial, flags));
}
static inline long cl_poll(struct pollfd *fds, unsigned count, int timeout_ms) {
  return cl_result(poll(fds, count, timeout_ms));
}
static inline long cl_pipe2(int fds[2], int flags) { return cl_result(syscall(SYS_pipe2, fds, flags)); }
static inline long cl_utimensat(int dir, const char *path, const struct timespec times[2], int flags) {
  return cl_result(utimensat(dir, path, times, flags));
}
static inline long cl_lsetxattr_fd(int fd, const char *name, const void *value, size_t size) {
  return cl_result(syscall(SYS_fsetxattr, fd, name, value, size, 0));
}

// Mounts

static inline long cl_fsopen(const char *type, unsigned flags) {
  return cl_result(syscall(SYS_fsopen, type, flags));
}
static inline long cl_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux) {
  return cl_result(syscall(SYS_fsconfig, fd, command, key, value, aux));
}
static inline long cl_fsmount(int fd, unsigned flags, unsigned attributes) {
  return cl_result(syscall(SYS_fsmount, fd, flags, attributes));
}
static inline long cl_open_tree(int dir, const char *path, unsigned flags) {
  return cl_result(syscall(SYS_open_tree, dir, path, flags));
}
static inline long cl_move_mount(int from, int to, unsigned flags) {
  return cl_result(syscall(SYS_move_mount, from, "", to, "", flags));
}
static inline long cl_mount_setattr(int dir, const char *path, unsigned flags, const struct mount_attr *attr) {
  return cl_result(syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr));
}
static inline long cl_mount(const char *source, const char *target, const char *type, unsigned long flags,
                            const void *data) {
  return cl_result(syscall(SYS_mount, source, target, type, flags, data));
}
static inline long cl_umount2(const char *target, int flags) {
  return cl_result(syscall(SYS_umount2, target, flags));
}
static inline long cl_pivot_root(const char *new_root, const char *put_old) {
  return cl_result(syscall(SYS_pivot_root, new_root, put_old));
}

// Processes and namespaces

static inline long cl_clone3(struct clone_args *args) {
  return cl_result(syscall(SYS_clone3, args, sizeof *args));
}
// The older call: no cgroup, and the parent's stack, which the child has a copy of.
static inline long cl_clone(unsigned long flags, int *pidfd) {
  return cl_result(syscall(SYS_clone, flags, NULL, pidfd, NULL, 0));
}
static inline long cl_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags) {
  return cl_result(syscall(SYS_execveat, dir, path, argv, envp, flags));
}
static inline long cl_execve(const char *path, char *const argv[], char *const envp[]) {
  return cl_result(syscall(SYS_execve, path, argv, envp));
}
static inline long cl_setns(int fd, int flags) { return cl_result(syscall(SYS_setns, fd, flags)); }
static inline long cl_namespace_type(int fd) { return cl_result(ioctl(fd, NS_GET_NSTYPE)); }
static inline long cl_unshare(unsigned long flags) { return cl_result(syscall(SYS_unshare, flags)); }
static inline long cl_pidfd_open(int pid, unsigned flags) {
  return cl_result(syscall(SYS_pidfd_open, pid, flags));
}
static inline long cl_pidfd_send_signal(int fd, int signal) {
  return cl_result(syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0));
}
static inline long cl_waitid(int id_type, uint32_t id, siginfo_t *info, int options) {
  return cl_result(waitid((idtype_t)id_type, id, info, options));
}
static inline int cl_siginfo_status(const siginfo_t *info) { return info->si_status; }
static inline int cl_siginfo_pid(const siginfo_t *info) { return info->si_pid; }
static inline long cl_kill(int pid, int signal) { return cl_result(kill(pid, signal)); }
static inline long cl_setsid(void) { return cl_result(setsid()); }
static inline long cl_getpid(void) { return syscall(SYS_getpid); }
static inline long cl_getppid(void) { return syscall(SYS_getppid); }
static inline long cl_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return cl_result(prctl(option, a, b, c, d));
}
static inline long cl_personality(unsigned long persona) { return cl_result(personality(persona)); }
static inline long cl_sethostname(const char *name, size_t length) {
  return cl_result(syscall(SYS_sethostname, name, length));
}
static inline long cl_setdomainname(const char *name, size_t length) {
  return cl_result(syscall(SYS_setdomainname, name, length));
}

// The raw calls: glibc's wrappers would try to change every thread, and on 32-bit systems take 16-bit ids.
static inline long cl_setresuid(uint32_t real, uint32_t effective, uint32_t saved) {
  return cl_result(syscall(SYS_setresuid, real, effective, saved));
}
static inline long cl_setresgid(uint32_t real, uint32_t effective, uint32_t saved) {
  return cl_result(syscall(SYS_setresgid, real, effective, saved));
}
static inline long cl_setgroups(size_t count, const uint32_t *groups) {
  return cl_result(syscall(SYS_setgroups, count, groups));
}
static inline long cl_getgroups(int count, uint32_t *groups) {
  return cl_result(syscall(SYS_getgroups, count, groups));
}

static inline long cl_prlimit(int pid, int resource, uint64_t soft, uint64_t hard) {
  struct {
    uint64_t soft, hard;
  } limit = {soft, hard};
  return cl_result(syscall(SYS_prlimit64, pid, resource, &limit, NULL));
}
static inline long cl_prlimit_get(int pid, int resource, uint64_t *soft, uint64_t *hard) {
  struct {
    uint64_t soft, hard;
  } limit = {0, 0};
  long r = cl_result(syscall(SYS_prlimit64, pid, resource, NULL, &limit));
  *soft = limit.soft;
  *hard = limit.hard;
  return r;
}

// Sets all three sets of the calling thread. `effective` and the others are bit masks of capability numbers.
static inline long cl_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2] = {
      {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
      {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
  };
  return cl_result(syscall(SYS_capset, &header, data));
}
static inline long cl_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2] = {{0}, {0}};
  long r = cl_result(syscall(SYS_capget, &header, data));
  *effective = data[0].effective | (uint64_t)data[1].effective << 32;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  return r;
}

static inline long cl_seccomp_load(unsigned flags, unsigned short count, const void *instructions) {
  struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
  return cl_result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}
// What the kernel knows, asked in ways that change nothing. An unknown action or flag is EOPNOTSUPP or EINVAL; a known
// flag gets as far as the program, of which there is none: EFAULT.
static inline long cl_seccomp_action_available(uint32_t action) {
  return cl_result(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}
static inline long cl_seccomp_probe_flags(unsigned flags) {
  return cl_result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL));
}
static inline long cl_seccomp_receive(int listener, struct seccomp_notif *call) {
  memset(call, 0, sizeof *call);
  return cl_result(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call));
}
static inline long cl_seccomp_answer(int listener, uint64_t id, int error) {
  struct seccomp_notif_resp answer = {.id = id, .error = error};
  return cl_result(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}
static inline long cl_seccomp_is_waiting(int listener, uint64_t id) {
  return cl_result(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
}

// Landlock. The structures are the kernel's of version 4, which distributions' headers need not have; fields that an older
// kernel does not know must be 0.
static inline long cl_landlock_version(void) {
  return cl_result(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}
static inline long cl_landlock_create(uint64_t files, uint64_t ports) {
  struct {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
  } attributes = {files, ports};
  return cl_result(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
}
static inline long cl_landlock_allow_path(int ruleset, int object, uint64_t rights) {
  struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = object};
  return cl_result(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}
static inline long cl_landlock_allow_port(int ruleset, uint16_t port, uint64_t rights) {
  struct {
    uint64_t allowed_access;
    uint64_t port;
  } rule = {rights, port};
  // LANDLOCK_RULE_NET_PORT
  return cl_result(syscall(SYS_landlock_add_rule, ruleset, 2, &rule, 0));
}
static inline long cl_landlock_restrict_self(int ruleset) {
  return cl_result(syscall(SYS_landlock_restrict_self, ruleset, 0));
}

static inline long cl_sched_setattr(int pid, const struct sched_attr *attributes) {
  return cl_result(syscall(SYS_sched_setattr, pid, attributes, 0));
}
static inline long cl_sched_setaffinity(int pid, size_t size, const void *mask) {
  return cl_result(syscall(SYS_sched_setaffinity, pid, size, mask));
}
static inline long cl_ioprio_set(int which, int who, int value) {
  return cl_result(syscall(SYS_ioprio_set, which, who, value));
}
static inline long cl_set_mempolicy(int mode, const unsigned long *mask, unsigned long bits) {
  return cl_result(syscall(SYS_set_mempolicy, mode, mask, bits));
}
static inline long cl_join_session_keyring(const char *name) {
  return cl_result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0));
}
static inline long cl_bpf_load_device_program(const void *code, unsigned count, const void *license) {
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                               .insn_cnt = count,
                               .insns = (uintptr_t)code,
                               .license = (uintptr_t)license};
  return cl_result(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}
static inline long cl_bpf_attach_device_program(int program, int cgroup) {
  union bpf_attr attributes = {.target_fd = (unsigned)cgroup,
                               .attach_bpf_fd = (unsigned)program,
                               .attach_type = BPF_CGROUP_DEVICE,
                               .attach_flags = BPF_F_ALLOW_MULTI};
  return cl_result(syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes));
}
static inline long cl_clock_ns(int clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

// Signals

static inline long cl_sigmask(int how, uint64_t set, uint64_t *previous) {
  return cl_result(syscall(SYS_rt_sigprocmask, how, &set, previous, sizeof set));
}
static inline long cl_signalfd(int fd, uint64_t set, int flags) {
  return cl_result(syscall(SYS_signalfd4, fd, &set, sizeof set, flags));
}
// Resets the disposition of one signal to the default: an ignored signal would stay ignored over execve.
// The raw call with the kernel's structure: glibc refuses the two real-time signals that it keeps for itself.
static inline long cl_signal_default(int number) {
  struct {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
  } action = {0};
  return cl_result(syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask));
}
static inline long cl_signal_ignore(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_IGN;
  return cl_result(sigaction(number, &action, NULL));
}
static inline void cl_exit_by_signal(int number) { _exit(128 + number); }
static inline long cl_signal_exit(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = cl_exit_by_signal;
  return cl_result(sigaction(number, &action, NULL));
}

// Sockets

static inline long cl_socketpair(int type, int fds[2]) {
  return cl_result(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
}
static inline long cl_unix_socket(int type) { return cl_result(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)); }

// Fills an address from a path; -ENAMETOOLONG when it does not fit.
static inline long cl_unix_address(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return 0;
}
static inline long cl_unix_bind(int fd, const char *path) {
  struct sockaddr_un address;
  long r = cl_unix_address(&address, path);
  return r < 0 ? r : cl_result(bind(fd, (struct sockaddr *)&address, sizeof address));
}
static inline long cl_unix_connect(int fd, const char *path) {
  struct sockaddr_un address;
  long r = cl_unix_address(&address, path);
  return r < 0 ? r : cl_result(connect(fd, (struct sockaddr *)&address, sizeof address));
}
// A path, or after `@` a name in the abstract namespace.
static inline long cl_unix_connect_any(int fd, const char *name) {
  struct sockaddr_un address;
  long r = cl_unix_address(&address, name);
  if (r < 0) return r;
  socklen_t length = sizeof address;
  if (name[0] == '@') {
    address.sun_path[0] = 0;
    length = sizeof address.sun_family + strlen(name);
  }
  return cl_result(connect(fd, (struct sockaddr *)&address, length));
}
static inline long cl_listen(int fd, int backlog) { return cl_result(listen(fd, backlog)); }
static inline long cl_accept(int fd) { return cl_result(syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC)); }

// One message with at most one descriptor (`passed` < 0: none).
static inline long cl_send_with_fd(int fd, const void *buffer, size_t count, int passed) {
  struct iovec part = {.iov_base = (void *)buffer, .iov_len = count};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (passed >= 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return cl_result(sendmsg(fd, &message, MSG_NOSIGNAL));
}
static inline long cl_recv_with_fd(int fd, void *buffer, size_t count, int *passed) {
  struct iovec part = {.iov_base = buffer, .iov_len = count};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  long r = cl_result(recvmsg(fd, &message, MSG_CMSG_CLOEXEC));
  *passed = -1;
  if (r >= 0) {
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      memcpy(passed, CMSG_DATA(header), sizeof *passed);
  }
  return r;
}

// Terminals and interfaces

static inline long cl_pty_unlock(int ptmx) {
  int unlock = 0;
  return cl_result(ioctl(ptmx, TIOCSPTLCK, &unlock));
}
static inline long cl_pty_peer(int ptmx, int flags) { return cl_result(ioctl(ptmx, TIOCGPTPEER, flags)); }
static inline long cl_pty_number(int ptmx, unsigned *number) {
  return cl_result(ioctl(ptmx, TIOCGPTN, number));
}
static inline long cl_set_controlling_tty(int fd) { return cl_result(ioctl(fd, TIOCSCTTY, 0)); }
static inline long cl_get_winsize(int fd, unsigned short *rows, unsigned short *columns) {
  struct winsize size = {0};
  long r = cl_result(ioctl(fd, TIOCGWINSZ, &size));
  *rows = size.ws_row;
  *columns = size.ws_col;
  return r;
}
static inline long cl_set_winsize(int fd, unsigned short rows, unsigned short columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return cl_result(ioctl(fd, TIOCSWINSZ, &size));
}
static inline long cl_tcgetattr(int fd, struct termios *out) { return cl_result(tcgetattr(fd, out)); }
static inline long cl_tcsetattr(int fd, const struct termios *attributes) {
  return cl_result(tcsetattr(fd, TCSANOW, attributes));
}
static inline void cl_make_raw(struct termios *attributes) { cfmakeraw(attributes); }
static inline long cl_interface_up(int socket, const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
  strcpy(request.ifr_name, name);
  long r = cl_result(ioctl(socket, SIOCGIFFLAGS, &request));
  if (r < 0) return r;
  request.ifr_flags |= IFF_UP;
  return cl_result(ioctl(socket, SIOCSIFFLAGS, &request));
}
static inline long cl_inet_socket(void) { return cl_result(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }
// The linker's names for where the program's code begins and ends; it is never written to.
extern const char __executable_start[], etext[];
static inline long cl_drop_code(void) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)__executable_start & ~(page - 1);
  return cl_result(madvise((void *)begin, ((uintptr_t)etext & ~(page - 1)) - begin, MADV_DONTNEED));
}

#include "CInternet.h"
