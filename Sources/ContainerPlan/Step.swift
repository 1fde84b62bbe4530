// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import Linux
public import OCI
public import Seccomp

/// Something that a side does. The names are the kernel's where one call does it, the specification's otherwise.
public enum Step: Equatable, Sendable {
  // MARK: Before there is a process

  /// Opens the root file system as a detached copy of its mount (open_tree(2)).
  case openRoot(path: String)
  /// Opens the source of a bind mount as a detached copy (open_tree(2)), as the caller of the runtime sees it.
  case openSource(PlannedMount)
  /// Opens the host's null device as a detached mount and verifies it.
  case openNullDevice
  /// Opens a namespace to be joined, and verifies its type (ioctl_ns(2)).
  case openNamespace(NamespaceType, path: String)
  /// Writes down what is about to be made, so that an interrupted attempt can be undone.
  case recordIntent
  /// Makes the cgroups and sets their limits.
  case createCgroups
  /// Has systemd make a scope around the container's process, which waits, and sets the limits that systemd does not.
  case startScope
  /// Makes a control group of `resctrl` and writes its schemata, or checks those of one that is shared.
  case prepareResctrl(ResctrlGroup)
  /// Opens the directory of the socket on which the program tells a service manager about itself.
  case openNotifyDirectory
  /// Opens the cgroups of an existing container, to put another process there.
  case openCgroups
  /// Opens the running container that another process is to join (pidfd_open(2)).
  case openContainer
  /// Makes a time namespace for the children of the runtime, and sets its clocks.
  case newTimeNamespace(TimeOffsets?)
  /// The runtime's next child starts in this namespace (setns(2)): PID and time only.
  case joinForChildren(NamespaceType)
  /// Makes the socket on which `start` will knock.
  case listenForStart
  /// Makes the short-lived process between runtime and container (clone3(2)), in the container's cgroup of version 2.
  case cloneStage
  /// Makes the container's process (clone3(2)) in new namespaces, and in its cgroup unless its maker is there already.
  case cloneProcess(CloneFlags, intoCgroup: Bool)

  // MARK: Meeting points

  /// Tells the other side that this point is reached.
  case notify(Milestone)
  /// Waits until the other side has reached the point.
  case await(Milestone)
  /// Waits until the caller of the runtime, who asked for such stops, wants these steps to begin.
  case pause(before: StepGroup)

  // MARK: The runtime, while the container sets itself up

  /// Writes the maps of the new user namespace (user_namespaces(7)).
  case writeIDMappings(uid: [IDMapping], gid: [IDMapping])
  /// Writes the process id into the record: from here on the container can be found and removed.
  case recordProcess
  /// Puts the process into the control group of `resctrl`.
  case enterResctrl
  /// Moves network devices from the runtime's namespace into the container's (rtnetlink(7)).
  case moveNetDevices([NetDevice])
  /// Maps the ids of a source that the container has opened inside its root: the right to that is over the file system, which
  /// may be the host's.
  case mapSource(PlannedMount)
  /// Runs hooks, in the runtime's namespaces or in the container's, depending on the side.
  case runHooks(HookPoint, [Hook])

  // MARK: The container's process

  /// If the runtime dies before it has recorded this process, this process dies too.
  case dieWithRuntime
  /// From now on the process outlives the runtime.
  case outliveRuntime
  /// Moves itself into the cgroups: writes `0` into `tasks` of every cgroup v1 hierarchy.
  case enterCgroups
  /// Enters an existing namespace (setns(2)).
  case joinNamespace(NamespaceType)
  /// Enters all namespaces of a running container at once (setns(2) with a pidfd).
  case joinContainer(CloneFlags)
  /// Makes a cgroup namespace whose root is where the process is now (unshare(2)).
  case newCgroupNamespace
  /// Takes the ids 0 of the new user namespace.
  case becomeNamespaceRoot
  /// Own session, no controlling terminal of the caller's (setsid(2)).
  case newSession
  /// Own session keyring (keyctl(2)).
  case newSessionKeyring(name: String)
  /// Gives the caller's view of the mounts another propagation, so that nothing done here reaches the host.
  case setPropagation(PlannedPropagation)
  /// Attaches the root file system, ready for pivot_root(2): on top of everything or, for hooks, at its path on the host.
  case attachRoot(path: String?)
  /// Opens the source of a bind mount inside the root as a detached copy (open_tree(2)), for the runtime to map its ids.
  case openInside(PlannedMount)
  /// Mounts something inside the root.
  case mount(PlannedMount)
  /// Attaches the directory of the service manager's socket inside the root.
  case mountNotifyDirectory
  /// Makes device nodes inside the root (mknod(2)).
  case makeDevice(Device, bind: Bool)
  /// Makes symbolic links in the container's `/dev`.
  case linkDevices
  /// Opens a pseudoterminal of the container's own devpts; the first one is bound to `/dev/console`.
  case openConsole(ConsoleSize?, bind: Bool)
  /// Makes the attached root the root directory and drops the old one (pivot_root(2)).
  case pivotRoot
  /// The same without pivot_root(2), for a root on an initial ramfs: moves the mount and changes the root (chroot(2)).
  case moveRoot
  /// Changes the propagation of the container's root mount, as the configuration wants it.
  case setRootPropagation(PlannedPropagation)
  /// Changes the root directory where there is no mount namespace (chroot(2)).
  case changeRoot
  /// Hides files behind the null device and directories behind one empty file system.
  case maskPaths([String])
  /// Makes paths read-only by bind mounts of themselves.
  case readonlyPaths([String])
  /// Makes the root mount read-only.
  case readonlyRoot
  /// Writes kernel parameters through a proc file system of our own.
  case setSysctls([KeyValue])
  case setHostname(String)
  case setDomainname(String)
  /// Brings the loopback interface of a new network namespace up.
  case bringLoopbackUp
  /// Sets the execution domain (personality(2)).
  case setPersonality(PersonalityDomain)
  case setMemoryPolicy(MemoryPolicyMode, flags: [MemoryPolicyFlag], nodes: [UInt])
  case setScheduler(Scheduler)
  case setIOPriority(IOPriority)
  case setCPUAffinity([UInt64])
  case setOOMScoreAdjust(Int32)
  case setRlimits([Rlimit])
  /// Takes the terminal, or the descriptors that the caller passed, as standard streams.
  case setStandardStreams(terminal: Bool, owner: UInt32)
  /// The file mode creation mask (umask(2)).
  case setUmask(UInt32)
  /// Changes the working directory, makes it where it is missing, and verifies that it is inside the root.
  case changeDirectory(String)
  /// Names the AppArmor profile that takes effect at execve(2).
  case setAppArmorProfile(String)
  /// Names the SELinux context that takes effect at execve(2).
  case setSELinuxLabel(String)
  /// Removes all other capabilities from the bounding set.
  case limitBoundingSet(CapabilityMask)
  /// Becomes the configured user with exactly these groups.
  case setUser(User, keepCapabilities: Bool, setGroups: Bool)
  /// Sets the effective, permitted, inheritable and ambient capabilities.
  case setCapabilities(CapabilitySets, ambient: CapabilityMask)
  case setNoNewPrivileges
  /// Finds the program along the container's `PATH`, before the caller is told that all is well.
  case lookUpProgram(String, path: String?)
  /// Waits for `start`.
  case waitForStart
  /// Opens what Landlock is to leave open, and makes a ruleset of it (landlock(7)).
  case makeLandlockRuleset(LandlockRules)
  /// Closes everything else for this process and all that it starts.
  case enforceLandlock
  /// Loads the system call filter (seccomp(2)).
  case loadSeccomp(SeccompProgram)
  /// Becomes the program (execve(2)).
  case execute(arguments: [String], environment: [String], preserveDescriptors: UInt32)
}

/// Points at which runtime and container wait for each other; the frames on the wire are in `docs/sync-protocol.md`.
public enum Milestone: UInt8, CaseIterable, Sendable {
  /// To the container: the maps of its user namespace are written.
  case identityMapped = 1
  /// To the runtime: the namespaces exist, the root is not changed yet.
  case namespacesReady = 2
  /// To the container: the hooks of the runtime have run; carries the container's state for its own hooks.
  case hooksDone = 3
  /// To the container: its process id is on record.
  case committed = 4
  /// To the runtime: carries the terminal's controlling end.
  case console = 5
  /// To the runtime: carries the seccomp listener.
  case seccompListener = 6
  /// To the runtime: everything but the program itself is done.
  case ready = 7
  /// From the stage to the runtime: carries the process id of the container's process.
  case processMade = 8
  /// To the container: systemd has put it into its scope; carries the path of its cgroup.
  case cgroupReady = 9
  /// To the container: network devices from outside are in its namespace.
  case devicesMoved = 10
  /// To the runtime: all steps before a stop are done.
  case stopped = 11
  /// To the container: the stop is over.
  case resumed = 12
  /// To the runtime: carries a source that the container has opened inside its root.
  case sourceOpened = 13
  /// To the container: that source's ids are mapped.
  case sourceMapped = 14
}

extension Milestone: CustomStringConvertible {
  public var description: String {
    switch self {
    case .identityMapped: "identityMapped"
    case .namespacesReady: "namespacesReady"
    case .hooksDone: "hooksDone"
    case .committed: "committed"
    case .console: "console"
    case .seccompListener: "seccompListener"
    case .ready: "ready"
    case .processMade: "processMade"
    case .cgroupReady: "cgroupReady"
    case .devicesMoved: "devicesMoved"
    case .stopped: "stopped"
    case .resumed: "resumed"
    case .sourceOpened: "sourceOpened"
    case .sourceMapped: "sourceMapped"
    }
  }
}

/// Hooks of the specification by the moment they run at.
public enum HookPoint: String, CaseIterable, Sendable {
  case prestart, createRuntime, createContainer, startContainer, poststart, poststop
}

/// A change of propagation.
public struct PlannedPropagation: Equatable, Sendable {
  public var type: MountPropagation
  public var recursive: Bool

  public init(_ type: MountPropagation, recursive: Bool) {
    self.type = type
    self.recursive = recursive
  }
}

extension Propagation {
  /// The kernel's form of the specification's word.
  public var planned: PlannedPropagation {
    switch self {
    case .private: PlannedPropagation(.private, recursive: false)
    case .rprivate: PlannedPropagation(.private, recursive: true)
    case .shared: PlannedPropagation(.shared, recursive: false)
    case .rshared: PlannedPropagation(.shared, recursive: true)
    case .slave: PlannedPropagation(.slave, recursive: false)
    case .rslave: PlannedPropagation(.slave, recursive: true)
    case .unbindable: PlannedPropagation(.unbindable, recursive: false)
    case .runbindable: PlannedPropagation(.unbindable, recursive: true)
    }
  }
}
