// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// System calls that serve one purpose, and are let through or not for one reason.
struct SyscallGroup: Sendable {
  let names: String

  /// - Parameter names: Separated by white space.
  init(_ names: String) { self.names = names }

  var list: [String] {
    names.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.compactMap { String($0) }
  }
}

/// What the default profile knows about system calls. Every call of the kernel's tables is in one of these
/// groups, which a test checks: a call that is new in the tables needs a decision.
enum SyscallGroups {
  /// Calls that any program may make: they act on the process itself, on what it holds open or on what it may
  /// reach anyway, and the kernel checks identity and capabilities.
  static let ordinary: [SyscallGroup] = [
    // Programs start, end, wait and are told apart.
    SyscallGroup(
      """
      execve execveat exit exit_group fork vfork wait4 waitid waitpid getpid getppid gettid getpgid getpgrp
      setpgid getsid setsid set_tid_address restart_syscall pidfd_open pidfd_send_signal process_mrelease
      get_robust_list set_robust_list rseq rseq_slice_yield membarrier seccomp prctl arch_prctl getcpu
      set_thread_area get_thread_area map_shadow_stack uname olduname oldolduname sysinfo getrandom times
      getrusage nice getpriority setpriority ioprio_get ioprio_set
      """),
    // Identity and privilege: the kernel asks for CAP_SETUID, CAP_SETGID and CAP_SETPCAP, user namespaces
    // included.
    SyscallGroup(
      """
      getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid
      getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid
      setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32
      setgroups setgroups32 capget capset getrlimit ugetrlimit setrlimit prlimit64 landlock_create_ruleset
      landlock_add_rule landlock_restrict_self lsm_get_self_attr lsm_list_modules
      """),
    // Signals.
    SyscallGroup(
      """
      kill tkill tgkill pause alarm signal sigaction sigaltstack signalfd signalfd4 sigpending sigprocmask
      sigreturn sigsuspend sgetmask ssetmask rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
      rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
      """),
    // Scheduling: raising one's own priority needs CAP_SYS_NICE.
    SyscallGroup(
      """
      sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam
      sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
      sched_rr_get_interval sched_rr_get_interval_time64 futex futex_time64 futex_wait futex_wake
      futex_waitv futex_requeue
      """),
    // Memory of the process itself.
    SyscallGroup(
      """
      brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall
      mseal remap_file_pages pkey_alloc pkey_free pkey_mprotect memfd_create memfd_secret
      """),
    // Clocks and timers; turning the adjusting calls to a use other than reading needs CAP_SYS_TIME.
    SyscallGroup(
      """
      time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
      clock_nanosleep_time64 nanosleep adjtimex clock_adjtime clock_adjtime64 getitimer setitimer
      timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
      timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
      timerfd_settime64
      """),
    // Files: opening, making, removing, describing. The container's mounts and permissions hold them.
    SyscallGroup(
      """
      open openat openat2 creat close close_range access faccessat faccessat2 stat stat64 oldstat lstat
      lstat64 oldlstat fstat fstat64 oldfstat fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64
      statmount listmount link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir
      mkdirat rmdir mknod mknodat readlink readlinkat chmod fchmod fchmodat fchmodat2 chown chown32 fchown
      fchown32 lchown lchown32 fchownat utime utimes utimensat utimensat_time64 futimesat umask chdir
      fchdir getcwd readdir getdents getdents64 truncate truncate64 ftruncate ftruncate64 fallocate
      file_getattr file_setattr getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr
      setxattrat listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr
      removexattrat cachestat
      """),
    // Descriptors: reading, writing, locking, waiting.
    SyscallGroup(
      """
      read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek dup dup2 dup3
      fcntl fcntl64 flock pipe pipe2 splice tee vmsplice sendfile sendfile64 copy_file_range readahead
      fadvise64 fadvise64_64 arm_fadvise64_64 fsync fdatasync sync syncfs sync_file_range
      sync_file_range2 arm_sync_file_range select _newselect pselect6 pselect6_time64 poll ppoll
      ppoll_time64 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd
      eventfd2 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
      """),
    // Asynchronous input and output of the old kind, which databases use.
    SyscallGroup(
      """
      io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
      """),
    // Sockets, once made; the calls that make them have conditions.
    SyscallGroup(
      """
      bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown send sendto
      sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
      """),
    // Messages, semaphores and shared memory of the container's own IPC namespace.
    SyscallGroup(
      """
      mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify
      mq_getsetattr msgget msgctl msgsnd msgrcv semget semctl semop semtimedop semtimedop_time64 shmget
      shmctl shmat shmdt
      """),
    // Where a probe that the host has set ends up; made by the program itself they only end it.
    SyscallGroup("uprobe uretprobe"),
    // What an ARM program cannot do without: caches, thread pointers, breakpoints.
    SyscallGroup("breakpoint cacheflush set_tls get_tls usr26 usr32"),
  ]

  /// Calls with a rule of their own, see ``DefaultProfile``.
  static let conditional = SyscallGroup("clone clone3 unshare ioctl personality socket socketpair")

  /// Calls that are of use only with a capability. The kernel asks for it too, but mostly for the one in the
  /// user namespace at hand, and it has been wrong about that.
  static let byCapability: [(capabilities: [String], calls: SyscallGroup)] = [
    (
      ["CAP_SYS_ADMIN"],
      SyscallGroup(
        """
        mount umount umount2 pivot_root fsopen fsconfig fsmount fspick open_tree open_tree_attr move_mount
        mount_setattr setns sethostname setdomainname quotactl quotactl_fd fanotify_init fanotify_mark
        """)
    ),
    (["CAP_SYS_ADMIN", "CAP_BPF"], SyscallGroup("bpf")),
    (["CAP_SYS_ADMIN", "CAP_PERFMON"], SyscallGroup("perf_event_open")),
    (["CAP_SYS_ADMIN", "CAP_SYSLOG"], SyscallGroup("syslog")),
    (["CAP_SYS_CHROOT"], SyscallGroup("chroot")),
    (["CAP_SYS_MODULE"], SyscallGroup("init_module finit_module delete_module")),
    (["CAP_SYS_BOOT"], SyscallGroup("reboot")),
    (["CAP_SYS_PACCT"], SyscallGroup("acct")),
    (["CAP_SYS_RAWIO"], SyscallGroup("iopl ioperm")),
    (["CAP_SYS_TIME"], SyscallGroup("settimeofday stime clock_settime clock_settime64")),
    (["CAP_SYS_TTY_CONFIG"], SyscallGroup("vhangup")),
    (
      ["CAP_SYS_NICE"],
      SyscallGroup("get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages")
    ),
    // Handles of files name anything on the file system, also what is outside of the container's root.
    (["CAP_DAC_READ_SEARCH"], SyscallGroup("open_by_handle_at name_to_handle_at")),
    (["CAP_SYS_PTRACE"], tracing),
  ]

  /// Looking into other processes. Within one container they are of one user often enough, and a debugger is
  /// not what most containers are for.
  static let tracing = SyscallGroup(
    "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp")

  /// Segments of 16-bit programs: a source of kernel bugs that only old 32-bit programs need.
  static let segments = SyscallGroup("modify_ldt")

  /// Newer calls that are refused like calls that the kernel does not have, because their callers try them
  /// first and go on without them only then.
  static let pretendedMissing = SyscallGroup("lsm_set_self_attr listns fchroot")

  /// Calls that no container gets; they return `EPERM` by the profile's default.
  static let refused: [SyscallGroup] = [
    // The kernel's key rings belong to users, not to containers.
    SyscallGroup("add_key request_key keyctl"),
    // A second way into half of the kernel, past any filter, and with a long row of holes.
    SyscallGroup("io_uring_setup io_uring_enter io_uring_register"),
    // Stops the kernel in the middle of a copy: what exploits of races are made with.
    SyscallGroup("userfaultfd"),
    // The machine as a whole: swap, another kernel, firmware and buses.
    SyscallGroup(
      """
      swapon swapoff kexec_load kexec_file_load pciconfig_iobase pciconfig_read pciconfig_write
      """),
    // Profiling through the kernel, and 16-bit mode.
    SyscallGroup("lookup_dcookie vm86 vm86old"),
    // Long dead, in most kernels without code behind them.
    SyscallGroup(
      """
      _sysctl afs_syscall bdflush break create_module ftime get_kernel_syms getpmsg gtty idle ipc lock mpx
      nfsservctl prof profil putpmsg query_module security socketcall stty sysfs tuxcall ulimit uselib
      ustat vserver epoll_ctl_old epoll_wait_old
      """),
  ]
}
