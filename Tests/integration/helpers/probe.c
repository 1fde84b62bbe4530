// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// A static program that runs inside containers and tells what busybox cannot: raw answers of system calls.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_stop(int number) {
  (void)number;
  stopped = 1;
}

/// Open descriptors, "number target" each, without the one that reads the directory.
static int show_descriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) return 1;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char target[4096];
    ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
    if (length < 0 || atoi(entry->d_name) == dirfd(directory)) continue;
    target[length] = 0;
    printf("%s %s\n", entry->d_name, target);
  }
  return 0;
}

/// The three user ids, the three group ids and the supplementary groups, one line each.
static int show_ids(void) {
  uid_t real, effective, saved;
  gid_t groups[256];
  if (getresuid(&real, &effective, &saved) != 0) return 1;
  printf("%u %u %u\n", real, effective, saved);
  if (getresgid(&real, &effective, &saved) != 0) return 1;
  printf("%u %u %u\n", real, effective, saved);
  int count = getgroups(256, groups);
  for (int i = 0; i < count; i++) printf("%s%u", i ? " " : "", groups[i]);
  printf("\n");
  return count < 0;
}

static int show_working_directory(void) {
  char path[4096];
  long length = syscall(SYS_getcwd, path, sizeof path);
  if (length < 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 0;
  }
  printf("%s\n", path);
  return 0;
}

/// Size, session and foreground facts of the terminal on standard input.
static int show_terminal(void) {
  struct winsize size = {0};
  printf("isatty %d %d %d\n", isatty(0), isatty(1), isatty(2));
  if (ioctl(0, TIOCGWINSZ, &size) == 0) printf("size %u %u\n", size.ws_row, size.ws_col);
  printf("leader %d\n", getsid(0) == getpid());
  printf("foreground %d\n", tcgetpgrp(0) == getpgrp());
  int controlling = open("/dev/tty", O_RDWR | O_CLOEXEC);
  printf("controlling %d\n", controlling >= 0);
  return 0;
}

static int show_descriptor(int number) {
  struct stat status;
  if (fstat(number, &status) != 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 0;
  }
  const char *kind = S_ISREG(status.st_mode)    ? "file"
                     : S_ISDIR(status.st_mode)  ? "directory"
                     : S_ISCHR(status.st_mode)  ? "character"
                     : S_ISFIFO(status.st_mode) ? "fifo"
                     : S_ISSOCK(status.st_mode) ? "socket"
                                                : "other";
  printf("%s %u:%u %lu\n", kind, major(status.st_rdev), minor(status.st_rdev), (unsigned long)status.st_ino);
  return 0;
}

/// Attributes that prctl tells and that a container must get in their default state.
static int show_attributes(void) {
  int death = -1, subreaper = -1;
  if (prctl(PR_GET_PDEATHSIG, &death) != 0 || prctl(PR_GET_CHILD_SUBREAPER, &subreaper) != 0) return 1;
  printf("pdeathsig %d\nsubreaper %d\n", death, subreaper);
  printf("securebits %d\nkeepcaps %d\n", prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS));
  printf("dumpable %d\nno_new_privs %d\n", prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  printf("timerslack %d\nscheduler %d\n", prctl(PR_GET_TIMERSLACK), sched_getscheduler(0));
  return 0;
}

static int show_keyring(void) {
  char description[512];
  long length = syscall(
      SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, description, sizeof description - 1);
  if (length < 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 0;
  }
  printf("%s\n", description);
  return 0;
}

/// Touches that many bytes, page by page, and keeps them for as long as it is told to.
static int eat(const char *bytes, int hold) {
  size_t size = strtoull(bytes, NULL, 10);
  char *memory = malloc(size);
  if (memory == NULL) return 1;
  for (size_t i = 0; i < size; i += 4096) ((volatile char *)memory)[i] = 1;
  printf("ate %zu\n", size);
  fflush(stdout);
  if (hold)
    while (!stopped) pause();
  return 0;
}

/// Each process makes others for as long as the kernel lets it.
static int bomb(void) {
  while (!stopped)
    if (fork() < 0) usleep(20000);
  return 0;
}

static int inject_input(void) {
  char letter = 'x';
  printf("%s\n", ioctl(0, TIOCSTI, &letter) == 0 ? "injected" : strerrorname_np(errno));
  return 0;
}

/// The classical way out of a chroot: a second one, from a working directory that it leaves outside.
static int escape(const char *proof) {
  int up = 0;
  mkdir("/tmp/below", 0700);
  if (chroot("/tmp/below") != 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 0;
  }
  for (int i = 0; i < 64; i++) up |= chdir("..");
  printf("%s\n", up == 0 && chroot(".") == 0 && access(proof, F_OK) == 0 ? "escaped" : "confined");
  return 0;
}

/// TIOCSTI as it is, and with a bit that the kernel ignores and a careless filter compares.
static int inject_with_high_bits(void) {
  char letter = 'x';
  for (int i = 0; i < 2; i++) {
    long result = syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI | (unsigned long)i << 32, &letter);
    printf("%s\n", result == 0 ? "injected" : strerrorname_np(errno));
  }
  return 0;
}

/// mkdir(2) with mode 0700, by the usual or another call convention of this processor.
static int make_directory(const char *way, const char *path) {
  long result = -ENOSYS;
  if (strcmp(way, "native") == 0) {
    result = mkdir(path, 0700) == 0 ? 0 : -errno;
    printf("%s\n", result == 0 ? "made" : strerrorname_np((int)-result));
    return 0;
  }
#if defined(__x86_64__)
  if (strcmp(way, "i386") == 0) {
    static char low[256];
    // The 32-bit entry takes 32-bit addresses; a static, not relocated program lies below 4 GiB.
    snprintf(low, sizeof low, "%s", path);
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(39), "b"(low), "c"(0700) : "memory", "r8", "r9", "r10", "r11");
    result = (int)result;
  } else {
    result = syscall(0x40000000 | SYS_mkdir, path, 0700);
    if (result < 0) result = -errno;
  }
#else
  (void)way, (void)path;
#endif
  printf("%s\n", result == 0 ? "made" : strerrorname_np((int)-result));
  return 0;
}

/// Prints a finding of the spy, each only once.
static void report(const char *kind, const char *what) {
  static char seen[256][128];
  static int count;
  char line[128];
  snprintf(line, sizeof line, "%s %.100s", kind, what);
  for (int i = 0; i < count; i++)
    if (strcmp(seen[i], line) == 0) return;
  if (count < 256) strcpy(seen[count++], line);
  printf("%s\n", line);
}

static void watch_program(const char *pid) {
  char path[64], target[4096];
  snprintf(path, sizeof path, "/proc/%.20s/exe", pid);
  ssize_t length = readlink(path, target, sizeof target - 1);
  if (length <= 0) return;
  target[length] = 0;
  if (strncmp(target, "/bin/", 5) == 0) return;
  report("exe-link", target);
  int executable = open(path, O_RDONLY | O_CLOEXEC);
  if (executable < 0) return;
  report("exe-opened", target);
  snprintf(path, sizeof path, "/proc/self/fd/%d", executable);
  int writable = open(path, O_WRONLY | O_CLOEXEC);
  if (writable >= 0) {
    report("exe-writable", target);
    close(writable);
  }
  close(executable);
}

static void watch_environment(const char *pid) {
  char path[64], text[65536];
  snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
  int environment = open(path, O_RDONLY | O_CLOEXEC);
  if (environment < 0) return;
  ssize_t length = read(environment, text, sizeof text);
  close(environment);
  if (length > 0 && memmem(text, (size_t)length, "SECRET", 6) != NULL) report("environ-leak", "");
}

static void watch_files(const char *pid) {
  char path[64], target[4096];
  snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
  DIR *directory = opendir(path);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
    if (length <= 0 || target[0] != '/') continue;
    target[length] = 0;
    if (strncmp(target, "/dev/", 5) != 0 && strncmp(target, "/proc/", 6) != 0) report("fd-leak", target);
  }
  closedir(directory);
}

/// Looks at every process that appears beside it until SIGTERM: can its program, environment or files be had?
static int spy(void) {
  char own[16];
  struct sigaction action = {.sa_handler = on_stop};
  sigaction(SIGTERM, &action, NULL);
  snprintf(own, sizeof own, "%d", getpid());
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("watching\n");
  while (!stopped) {
    DIR *directory = opendir("/proc");
    if (directory == NULL) return 1;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
      if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && strcmp(entry->d_name, own) != 0) {
        watch_program(entry->d_name);
        watch_environment(entry->d_name);
        watch_files(entry->d_name);
      }
    closedir(directory);
  }
  printf("done\n");
  return 0;
}

/// Sends a message to the service manager's socket, as sd_notify(3) does.
static int tell_manager(const char *message) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = getenv("NOTIFY_SOCKET");
  if (path == NULL || strlen(path) >= sizeof address.sun_path) {
    printf("no socket\n");
    return 1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (sendto(fd, message, strlen(message), 0, (struct sockaddr *)&address, sizeof address) < 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 1;
  }
  return 0;
}

/// The NUMA policy of this process: its mode and flags as a number, and the nodes as a mask.
static int show_memory_policy(void) {
  int mode = -1;
  unsigned long nodes[128] = {0};
  if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, NULL, 0) != 0) {
    printf("error %s\n", strerrorname_np(errno));
    return 1;
  }
  printf("%d %lx\n", mode, nodes[0]);
  return 0;
}

/// A thread, made without any library: it shares everything and lives on when the first thread has ended.
static int outlive(void *unused) {
  (void)unused;
  printf("alone\n");
  fflush(stdout);
  while (!stopped) pause();
  return 0;
}

/// Ends the first thread of this process and leaves another one.
static int zombie_leader(void) {
  static char stack[65536] __attribute__((aligned(16)));
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  if (clone(outlive, stack + sizeof stack, flags, NULL) < 0) return 1;
  syscall(SYS_exit, 0);
  return 1;
}

/// What bind(2) or connect(2) of TCP says about a port of the loopback address.
static int use_port(const char *way, const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int handle = socket(AF_INET, SOCK_STREAM, 0);
  if (handle < 0) return 1;
  int result = strcmp(way, "bind") == 0 ? bind(handle, (struct sockaddr *)&address, sizeof address)
                                        : connect(handle, (struct sockaddr *)&address, sizeof address);
  printf("%s %s %s\n", way, port, result == 0 ? "done" : strerrorname_np(errno));
  return 0;
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  if (strcmp(what, "true") == 0) return 0;
  if (strcmp(what, "fds") == 0) return show_descriptors();
  if (strcmp(what, "ids") == 0) return show_ids();
  if (strcmp(what, "getcwd") == 0) return show_working_directory();
  if (strcmp(what, "terminal") == 0) return show_terminal();
  if (strcmp(what, "fstat") == 0 && count > 2) return show_descriptor(atoi(words[2]));
  if (strcmp(what, "attributes") == 0) return show_attributes();
  if (strcmp(what, "keyring") == 0) return show_keyring();
  if (strcmp(what, "eat") == 0 && count > 2) return eat(words[2], 0);
  if (strcmp(what, "hold") == 0 && count > 2) return eat(words[2], 1);
  if (strcmp(what, "bomb") == 0) return bomb();
  if (strcmp(what, "inject") == 0) return inject_input();
  if (strcmp(what, "escape") == 0 && count > 2) return escape(words[2]);
  if (strcmp(what, "inject-high") == 0) return inject_with_high_bits();
  if (strncmp(what, "mkdir-", 6) == 0 && count > 2) return make_directory(what + 6, words[2]);
  if (strcmp(what, "spy") == 0) return spy();
  if (strcmp(what, "notify") == 0 && count > 2) return tell_manager(words[2]);
  if (strcmp(what, "memory-policy") == 0) return show_memory_policy();
  if (strcmp(what, "zombie-leader") == 0) return zombie_leader();
  if (strcmp(what, "tcp") == 0 && count > 3) return use_port(words[2], words[3]);
  if (strcmp(what, "crash") == 0) *(volatile int *)8 = 1;
  if (strcmp(what, "pause") == 0)
    while (!stopped) pause();
  fprintf(stderr, "probe: unknown word %s\n", what);
  return 2;
}
