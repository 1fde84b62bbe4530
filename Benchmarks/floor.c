// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

// The floor: the kernel work of the default container, and nothing else.
//
// It makes what `spec` writes, with no configuration to read, no state to keep and no error to explain: the namespaces,
// a cgroup in every hierarchy with its device rules, the default mounts, masked and read-only paths, a new root, hostname,
// loopback, capabilities, limits, no_new_privs; then it executes the program, waits, and removes the cgroups. No runtime
// can be faster by more than luck, so a runtime's distance from it is the cost of the runtime itself.
//
//     gcc -O2 -static -o floor floor.c && ./floor NAME ROOTFS [COMMAND [ARGUMENT…]]
//
// NAME is that of the cgroups. On a pure cgroup v2 machine no device rules are made: there they are a BPF program and
// not a file.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_HIERARCHIES 16

/// One mounted hierarchy: where the container's cgroup is, and what joins it.
struct hierarchy {
  char name[32];       ///< the directory below /sys/fs/cgroup
  char directory[512]; ///< the container's cgroup
  int tasks;           ///< v1: opened by the parent, written by the child
};

static struct hierarchy hierarchies[MAX_HIERARCHIES];
static int hierarchy_count;
static int unified = -1; ///< the v2 cgroup's directory, for CLONE_INTO_CGROUP

static int owns_cgroups;  ///< the parent does, until it has removed them

static _Noreturn void fail(const char *what) {
  dprintf(2, "floor: %s: %s\n", what, strerror(errno));
  for (int i = 0; owns_cgroups && i < hierarchy_count; i++) rmdir(hierarchies[i].directory);
  _exit(125);
}

/// Passes on a result that is not negative.
static int must(long result, const char *what) {
  if (result < 0) fail(what);
  return (int)result;
}

// Cgroups.

static void write_file(int directory, const char *name, const char *text) {
  int file = must(openat(directory, name, O_WRONLY | O_CLOEXEC), name);
  must(write(file, text, strlen(text)), name);
  close(file);
}

/// cpuset v1: a new group has no processors and no memory nodes, and takes no task until it has.
static void inherit_cpuset(int directory, const char *name) {
  char path[64], value[256];
  snprintf(path, sizeof path, "../%s", name);
  int file = must(openat(directory, path, O_RDONLY | O_CLOEXEC), path);
  ssize_t length = must(read(file, value, sizeof value - 1), path);
  close(file);
  value[length] = 0;
  write_file(directory, name, value);
}

static void set_device_rules(int directory) {
  static const char *const allowed[] = {
      "c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",   "c 1:8 rwm",
      "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm", "c 10:200 rwm"};
  write_file(directory, "devices.deny", "a");
  int file = must(openat(directory, "devices.allow", O_WRONLY | O_CLOEXEC), "devices.allow");
  for (size_t i = 0; i < COUNT(allowed); i++) must(write(file, allowed[i], strlen(allowed[i])), allowed[i]);
  close(file);
}

static void make_cgroup(const char *container, const char *controllers, const char *path) {
  struct hierarchy *h = &hierarchies[hierarchy_count];
  const char *name = strncmp(controllers, "name=", 5) == 0 ? controllers + 5 : controllers;
  int is_unified = *name == 0;
  if (is_unified) name = access("/sys/fs/cgroup/unified", F_OK) == 0 ? "unified" : "";
  snprintf(h->name, sizeof h->name, "%s", name);
  snprintf(h->directory, sizeof h->directory, "/sys/fs/cgroup/%s%s/%s", name, strcmp(path, "/") ? path : "",
           container);
  if (mkdir(h->directory, 0755) != 0) {
    if (errno == ENOENT) return;  // A hierarchy that is not mounted here.
    fail(h->directory);
  }
  hierarchy_count++;
  int directory = must(open(h->directory, O_PATH | O_DIRECTORY | O_CLOEXEC), h->directory);
  h->tasks = -1;
  if (is_unified) {
    unified = directory;
    return;
  }
  if (strcmp(name, "cpuset") == 0) {
    inherit_cpuset(directory, "cpuset.cpus");
    inherit_cpuset(directory, "cpuset.mems");
  }
  if (strcmp(name, "devices") == 0) set_device_rules(directory);
  h->tasks = must(openat(directory, "tasks", O_WRONLY | O_CLOEXEC), "tasks");
  close(directory);
}

static void make_cgroups(const char *container) {
  char text[4096];
  int file = must(open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC), "/proc/self/cgroup");
  ssize_t length = must(read(file, text, sizeof text - 1), "/proc/self/cgroup");
  close(file);
  text[length] = 0;
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL || hierarchy_count == MAX_HIERARCHIES) continue;
    *path++ = 0;
    make_cgroup(container, controllers + 1, path);
  }
}

/// The still single-threaded child joins by itself: `tasks` takes no lock of the whole machine, `cgroup.procs` does.
static void join_cgroups(void) {
  for (int i = 0; i < hierarchy_count; i++)
    if (hierarchies[i].tasks >= 0) must(write(hierarchies[i].tasks, "0", 1), hierarchies[i].directory);
}

static void remove_cgroups(void) {
  owns_cgroups = 0;
  for (int i = 0; i < hierarchy_count; i++) must(rmdir(hierarchies[i].directory), hierarchies[i].directory);
}

// Mounts.

struct file_system {
  const char *type, *target;
  unsigned attributes;
  const char *options[12]; ///< key, value, key, value, …
};

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV)

static const struct file_system defaults[] = {
    {"proc", "proc", 0, {0}},
    {"tmpfs", "dev", MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME, {"mode", "755", "size", "65536k"}},
    {"devpts", "dev/pts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
     {"newinstance", NULL, "ptmxmode", "0666", "mode", "0620", "gid", "5"}},
    {"tmpfs", "dev/shm", QUIET, {"mode", "1777", "size", "65536k"}},
    {"mqueue", "dev/mqueue", QUIET, {0}},
    {"sysfs", "sys", QUIET | MOUNT_ATTR_RDONLY, {0}},
    {"tmpfs", "sys/fs/cgroup", QUIET, {"mode", "755"}},
};

static int make_file_system(const struct file_system *wanted) {
  int context = must(fsopen(wanted->type, FSOPEN_CLOEXEC), wanted->type);
  for (const char *const *option = wanted->options; *option != NULL; option += 2)
    must(fsconfig(context, option[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option[0], option[1], 0), option[0]);
  must(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), wanted->type);
  int tree = must(fsmount(context, FSMOUNT_CLOEXEC, wanted->attributes), wanted->type);
  close(context);
  return tree;
}

static void attach(int tree, int directory, const char *target) {
  must(move_mount(tree, "", directory, target, MOVE_MOUNT_F_EMPTY_PATH), target);
  close(tree);
}

static void set_attributes(int tree, const char *path, unsigned flags, unsigned attributes) {
  struct mount_attr change = {.attr_set = attributes};
  must(mount_setattr(tree, path, flags, &change, sizeof change), path);
}

static void mount_cgroups(int root) {
  for (int i = 0; i < hierarchy_count; i++) {
    char target[128];
    snprintf(target, sizeof target, "sys/fs/cgroup/%.*s", (int)sizeof hierarchies[i].name, hierarchies[i].name);
    if (mkdirat(root, target, 0755) != 0 && errno != EEXIST) fail(target);
    int tree = must(open_tree(AT_FDCWD, hierarchies[i].directory, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), target);
    set_attributes(tree, "", AT_EMPTY_PATH, QUIET | MOUNT_ATTR_RDONLY);
    attach(tree, root, target);
  }
  set_attributes(root, "sys/fs/cgroup", 0, MOUNT_ATTR_RDONLY);
}

static void make_devices(int root) {
  static const struct {
    const char *path;
    unsigned major, minor;
  } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
               {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
  static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},
                                         {"/proc/self/fd/0", "dev/stdin"},
                                         {"/proc/self/fd/1", "dev/stdout"},
                                         {"/proc/self/fd/2", "dev/stderr"},
                                         {"pts/ptmx", "dev/ptmx"}};
  for (size_t i = 0; i < COUNT(nodes); i++)
    must(mknodat(root, nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].path);
  for (size_t i = 0; i < COUNT(links); i++) must(symlinkat(links[i][0], root, links[i][1]), links[i][1]);
}

static void mask_paths(int root) {
  static const char *const masked[] = {"proc/acpi",        "proc/asound",      "proc/kcore",       "proc/keys",
                                       "proc/latency_stats", "proc/timer_list", "proc/timer_stats", "proc/sched_debug",
                                       "sys/firmware",     "proc/scsi"};
  static const struct file_system empty = {"tmpfs", "", QUIET | MOUNT_ATTR_RDONLY, {"nr_inodes", "1"}};
  int cover = -1;
  for (size_t i = 0; i < COUNT(masked); i++) {
    struct stat status;
    if (fstatat(root, masked[i], &status, 0) != 0) continue;
    int tree;
    if (S_ISDIR(status.st_mode)) {
      if (cover < 0) cover = make_file_system(&empty);
      tree = must(open_tree(cover, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH), masked[i]);
    } else {
      tree = must(open_tree(root, "dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), masked[i]);
    }
    attach(tree, root, masked[i]);
  }
  if (cover >= 0) close(cover);
}

static void protect_paths(int root) {
  static const char *const protected[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
  for (size_t i = 0; i < COUNT(protected); i++) {
    int tree = open_tree(root, protected[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) continue;  // This kernel has no such path.
    set_attributes(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY);
    attach(tree, root, protected[i]);
  }
}

static void make_root(const char *path) {
  umask(0);
  struct mount_attr private = {.propagation = MS_PRIVATE};
  must(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof private), "propagation");
  int root = must(open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE), path);
  must(move_mount(root, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), path);
  for (size_t i = 0; i < COUNT(defaults); i++) {
    if (mkdirat(root, defaults[i].target, 0755) != 0 && errno != EEXIST) fail(defaults[i].target);
    attach(make_file_system(&defaults[i]), root, defaults[i].target);
  }
  mount_cgroups(root);
  make_devices(root);
  mask_paths(root);
  protect_paths(root);
  must(fchdir(root), path);
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "umount of the old root");
  set_attributes(root, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY);
  must(chdir("/"), "/");
}

// The process.

static void raise_loopback(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  int control = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  must(ioctl(control, SIOCSIFFLAGS, &request), "lo");
  close(control);
}

static void drop_privileges(void) {
  const unsigned kept = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0, 0, 0}};
  struct rlimit files = {1024, 1024};
  for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
    if (capability >= 32 || (kept >> capability & 1) == 0) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  must(setgroups(0, NULL), "setgroups");
  must(setresgid(0, 0, 0), "setresgid");
  must(setresuid(0, 0, 0), "setresuid");
  must(syscall(SYS_capset, &header, data), "capset");
  must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities");
  must(setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static _Noreturn void become_container(const char *root, char **command) {
  static char *environment[] = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", "HOME=/root", NULL};
  owns_cgroups = 0;
  join_cgroups();
  must(prctl(PR_SET_PDEATHSIG, SIGKILL), "parent death signal");
  must(setsid(), "setsid");
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");  // ENOSYS and EDQUOT do no harm.
  raise_loopback();
  make_root(root);
  must(sethostname("floor", 5), "hostname");
  drop_privileges();
  umask(022);
  must(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range");
  execve(command[0], command, environment);
  fail(command[0]);
}

int main(int count, char **words) {
  static char *usual[] = {"/bin/true", NULL};
  if (count < 3) {
    dprintf(2, "usage: floor NAME ROOTFS [COMMAND [ARGUMENT...]]\n");
    return 125;
  }
  owns_cgroups = 1;
  make_cgroups(words[1]);
  int pidfd = -1;
  struct clone_args how = {
      .flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_PIDFD,
      .pidfd = (unsigned long)&pidfd,
      .exit_signal = SIGCHLD};
  if (unified >= 0) {
    how.flags |= CLONE_INTO_CGROUP;
    how.cgroup = (unsigned long)unified;
  }
  if (must(syscall(SYS_clone3, &how, sizeof how), "clone3") == 0)
    become_container(words[2], count > 3 ? words + 3 : usual);
  siginfo_t information;
  must(waitid(P_PIDFD, (id_t)pidfd, &information, WEXITED), "waitid");
  remove_cgroups();
  return information.si_code == CLD_EXITED ? information.si_status : 128 + information.si_status;
}
