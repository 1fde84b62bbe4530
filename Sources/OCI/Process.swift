// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The program that the container runs, and its rights (`config.md`, "Process").
///
/// `commandLine` and `user.username` are Windows fields and are not kept.
public struct Process: Equatable, Sendable {
  public var terminal = false
  /// Of no effect without a terminal.
  public var consoleSize: ConsoleSize?
  public var user = User()
  /// At least one entry; the first is searched along the `PATH` in `env`, as execvp(3) does.
  public var args: [String]
  /// `KEY=VALUE` entries.
  public var env: [String] = []
  /// Absolute, inside the container.
  public var cwd: String
  /// `nil`: the specification leaves the sets to the runtime.
  public var capabilities: Capabilities?
  /// No type twice.
  public var rlimits: [Rlimit] = []
  public var noNewPrivileges = false
  public var apparmorProfile: String?
  public var selinuxLabel: String?
  /// -1000 to 1000; `nil` leaves the value alone.
  public var oomScoreAdj: Int32?
  public var scheduler: Scheduler?
  public var ioPriority: IOPriority?
  /// For processes that join the container later (`exec`).
  public var execCPUAffinity: CPUAffinity?

  public init(args: [String], cwd: String = "/") {
    self.args = args
    self.cwd = cwd
  }
}

/// The size of the terminal in characters, as in `struct winsize` (ioctl_tty(2)).
public struct ConsoleSize: Equatable, Sendable {
  public var height: UInt16
  public var width: UInt16

  public init(height: UInt16, width: UInt16) {
    self.height = height
    self.width = width
  }
}

/// The ids of the process inside the container (`config.md`, "POSIX-platform User").
public struct User: Equatable, Sendable {
  /// 0 to 4294967294.
  public var uid: UInt32
  /// 0 to 4294967294.
  public var gid: UInt32
  /// Permission bits to withhold, 0 to 0o777. `nil`: the caller's mask stays.
  public var umask: UInt32?
  /// The exact list for setgroups(2), besides `gid`.
  public var additionalGids: [UInt32]

  public init(uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32] = []) {
    self.uid = uid
    self.gid = gid
    self.umask = umask
    self.additionalGids = additionalGids
  }
}

/// The capability sets, by name (`CAP_CHOWN`). Names that ``CapabilityName`` does not know are kept: the
/// specification wants a warning for them, not an error.
public struct Capabilities: Equatable, Sendable {
  public var bounding: [String]
  public var effective: [String]
  public var inheritable: [String]
  public var permitted: [String]
  public var ambient: [String]

  public init(
    bounding: [String] = [], effective: [String] = [], inheritable: [String] = [], permitted: [String] = [],
    ambient: [String] = []
  ) {
    self.bounding = bounding
    self.effective = effective
    self.inheritable = inheritable
    self.permitted = permitted
    self.ambient = ambient
  }
}

/// One resource limit, see setrlimit(2).
public struct Rlimit: Equatable, Sendable {
  public var type: RlimitType
  /// At most `hard`. `UInt64.max` is `RLIM_INFINITY`.
  public var soft: UInt64
  public var hard: UInt64

  public init(_ type: RlimitType, soft: UInt64, hard: UInt64) {
    self.type = type
    self.soft = soft
    self.hard = hard
  }
}

/// The resources of setrlimit(2).
public enum RlimitType: String, CaseIterable, Sendable {
  case addressSpace = "RLIMIT_AS"
  case core = "RLIMIT_CORE"
  case cpu = "RLIMIT_CPU"
  case data = "RLIMIT_DATA"
  case fileSize = "RLIMIT_FSIZE"
  case locks = "RLIMIT_LOCKS"
  case lockedMemory = "RLIMIT_MEMLOCK"
  case messageQueue = "RLIMIT_MSGQUEUE"
  case nice = "RLIMIT_NICE"
  case openFiles = "RLIMIT_NOFILE"
  case processes = "RLIMIT_NPROC"
  case residentSet = "RLIMIT_RSS"
  case realtimePriority = "RLIMIT_RTPRIO"
  case realtimeTime = "RLIMIT_RTTIME"
  case pendingSignals = "RLIMIT_SIGPENDING"
  case stack = "RLIMIT_STACK"
}

/// The process's scheduling, see sched_setattr(2). A number that does not apply to the policy is 0.
public struct Scheduler: Equatable, Sendable {
  public var policy: SchedulerPolicy
  /// -20 to 19, for `other` and `batch`.
  public var nice: Int32 = 0
  /// 1 to 99, for `fifo` and `roundRobin`.
  public var priority: Int32 = 0
  public var flags: [SchedulerFlag] = []
  /// Nanoseconds, for `deadline`.
  public var runtime: UInt64 = 0
  /// Nanoseconds, for `deadline`.
  public var deadline: UInt64 = 0
  /// Nanoseconds, for `deadline`; 0 means the same as `deadline`.
  public var period: UInt64 = 0

  public init(policy: SchedulerPolicy) {
    self.policy = policy
  }
}

/// Scheduling policies, sched(7).
public enum SchedulerPolicy: String, CaseIterable, Sendable {
  case other = "SCHED_OTHER"
  case fifo = "SCHED_FIFO"
  case roundRobin = "SCHED_RR"
  case batch = "SCHED_BATCH"
  /// A word of the specification that no Linux kernel implements.
  case iso = "SCHED_ISO"
  case idle = "SCHED_IDLE"
  case deadline = "SCHED_DEADLINE"
}

/// Flags of sched_setattr(2).
public enum SchedulerFlag: String, CaseIterable, Sendable {
  case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
  case reclaim = "SCHED_FLAG_RECLAIM"
  case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
  case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
  case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
  case utilizationClampMin = "SCHED_FLAG_UTIL_CLAMP_MIN"
  case utilizationClampMax = "SCHED_FLAG_UTIL_CLAMP_MAX"
}

/// The process's input/output priority, see ioprio_set(2).
public struct IOPriority: Equatable, Sendable {
  public var `class`: IOPriorityClass
  /// 0 (highest) to 7.
  public var priority: Int32

  public init(class: IOPriorityClass, priority: Int32 = 0) {
    self.class = `class`
    self.priority = priority
  }
}

/// Classes of ioprio_set(2).
public enum IOPriorityClass: String, CaseIterable, Sendable {
  case realtime = "IOPRIO_CLASS_RT"
  case bestEffort = "IOPRIO_CLASS_BE"
  case idle = "IOPRIO_CLASS_IDLE"
}

/// The processors of a process that joins the container, as lists like `0-3,7`.
public struct CPUAffinity: Equatable, Sendable {
  /// Set before the process moves to the container's cgroup.
  public var initial: String?
  /// Set after the move.
  public var final: String?

  public init(initial: String? = nil, final: String? = nil) {
    self.initial = initial
    self.final = final
  }
}
