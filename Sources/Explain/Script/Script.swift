// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import ContainerPlan
internal import Linux
internal import OCI
internal import Seccomp

/// What the caller of the runtime contributes to a script: its own steps around the plan's.
public struct ScriptFrame: Equatable, Sendable {
  /// What the script does, in one line.
  public var title: String
  /// Lines of bash that run before the plan's, as root, in a mount namespace of the script's own. `$DIR` is a directory
  /// that exists then.
  public var preparations: [String] = []
  /// Lines that run at the end, whatever happened.
  public var undo: [String] = []
  /// What a look from inside finds different, one sentence each.
  public var differences: [String] = []
  /// A directory that the script makes and removes; the plan may name files below it.
  public var directory: String
  /// Whether the container's root may look into ``directory``, because it is another user outside.
  public var directoryIsOpen = false
  /// Namespaces that the plan joins and that ``preparations`` make: their paths in the plan, and as words of bash.
  public var namespaces: [(path: String, word: String)] = []

  public init(title: String, directory: String) {
    self.title = title
    self.directory = directory
  }

  public static func == (a: ScriptFrame, b: ScriptFrame) -> Bool {
    a.title == b.title && a.preparations == b.preparations && a.undo == b.undo
      && a.differences == b.differences
      && a.directory == b.directory && a.directoryIsOpen == b.directoryIsOpen
      && a.namespaces.map { $0.path } == b.namespaces.map { $0.path }
      && a.namespaces.map { $0.word } == b.namespaces.map { $0.word }
  }
}

/// A word for bash that stands for exactly this text.
public func shellQuoted(_ text: String) -> String { Quoting.shell(text) }

extension Plan {
  /// A bash script that makes the same container with the tools that every distribution has, and runs.
  ///
  /// - Throws: ``PlanError`` for what these tools cannot do at all.
  public func script(_ frame: ScriptFrame) throws(PlanError) -> String {
    var scripter = Scripter(plan: self, frame: frame)
    try scripter.translate()
    return scripter.text()
  }
}

/// Collects the lines of a script, by the process that runs them.
struct Scripter {
  let plan: Plan
  let frame: ScriptFrame
  /// As root of the host, before there is a process.
  var outside: [String] = []
  /// The process that becomes the container, before it changes namespaces.
  var birth: [String] = []
  /// As root of the host, when the container has its file system and waits.
  var late: [String] = []
  /// In the container's namespaces, before the change of root.
  var inside: [String] = []
  /// As root of the host, in the container's mount namespace, after the change of root.
  var afterPivot: [String] = []
  /// Commands that change something and execute the next.
  var wrappers: [String] = []
  /// Arguments of setpriv(1), the last of them.
  var privileges: [String] = []
  /// The command of the shell that waits for the change of root.
  var finish: [String] = []
  var enter: [String] = []
  var unshare: [String] = []
  var time: [String] = []
  var maps: (uid: String, gid: String)?
  var isNewSession = false
  var hasTerminal = false
  var program: (arguments: [String], environment: [String]) = ([], [])
  var differences: [String] = []
  /// The plan's path of the root file system.
  var root = ""

  init(plan: Plan, frame: ScriptFrame) {
    self.plan = plan
    self.frame = frame
    differences = frame.differences
  }

  /// A path of the plan as the script spells it.
  func word(_ path: String) -> String {
    let prefix = frame.directory + "/"
    guard path.utf8.starts(with: prefix.utf8) else { return Quoting.shell(path) }
    return "\"$DIR\"/"
      + Quoting.shell(String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }

  mutating func differ(_ sentence: String) {
    if !differences.contains(sentence) { differences.append(sentence) }
  }

  // MARK: From the plan's steps to lines

  mutating func translate() throws(PlanError) {
    let explanation = plan.explanation()
    for (index, step) in plan.steps.enumerated() {
      let counts = [outside.count, birth.count, late.count, inside.count, afterPivot.count]
      try translate(step)
      comment("# \(explanation.steps[index].title)", counts)
    }
    if root.isEmpty {
      throw PlanError(
        "/linux/namespaces",
        "a script needs a mount namespace for the container: without one there is nothing to pivot")
    }
  }

  /// Puts the step's title above the lines that it has added.
  private mutating func comment(_ title: String, _ counts: [Int]) {
    if outside.count > counts[0] { outside.insert(title, at: counts[0]) }
    if birth.count > counts[1] { birth.insert(title, at: counts[1]) }
    if late.count > counts[2] { late.insert(title, at: counts[2]) }
    if inside.count > counts[3] { inside.insert(title, at: counts[3]) }
    if afterPivot.count > counts[4] { afterPivot.insert(title, at: counts[4]) }
  }

  private mutating func translate(_ step: PlannedStep) throws(PlanError) {
    switch step.action {
    case .openRoot(let path): root = path
    case .openSource(let mount): try openSource(mount, step.origin)
    case .openNullDevice:
      outside.append("[ \"$(stat -c %t:%T /dev/null)\" = 1:3 ] || die '/dev/null is no null device'")
    case .createCgroups: createCgroups()
    case .startScope:
      throw PlanError(
        step.origin, "a script cannot have systemd make the cgroup: leave the systemd cgroup manager out")
    case .prepareResctrl(let group): prepareResctrl(group)
    case .enterResctrl, .moveNetDevices: moveInto(step.action)
    case .newTimeNamespace(let offsets): newTimeNamespace(offsets)
    case .joinForChildren(let type), .joinNamespace(let type): join(type)
    case .cloneProcess(let flags, _): clone(flags)
    case .writeIDMappings(let uid, let gid):
      maps = (Words.mappings(uid, separator: "\n"), Words.mappings(gid, separator: "\n"))
    case .enterCgroups: enterCgroups()
    case .newCgroupNamespace: unshare.append("--cgroup")
    case .setOOMScoreAdjust(let value): birth.append("echo \(value) > /proc/self/oom_score_adj")
    case .newSession: isNewSession = true
    case .newSessionKeyring: differ("The session keyring is the caller's: keyctl(1) is not on every machine.")
    case .runHooks(let point, let hooks):
      differ("The \(point.rawValue) hook\(hooks.count == 1 ? " is" : "s are") not run.")
    case .openNotifyDirectory, .mountNotifyDirectory:
      differ("The program has no service manager to notify.")
    case .makeLandlockRuleset(let rules):
      differ(
        "No Landlock fence is raised (\(Step.words(rules))): the tools have no way to before setpriv of util-linux 2.40."
      )
    case .enforceLandlock: break
    case .loadSeccomp(let program):
      differ(
        "No system call filter is loaded (Seccomp: 0 in /proc/self/status instead of 2): the tools have no way to, "
          + "and this one has \(program.instructions.count) instructions.")
    case .lookUpProgram: differ("The environment has another order, and SHLVL=0, which bash adds.")
    case .openNamespace, .recordIntent, .openCgroups, .openContainer, .listenForStart, .cloneStage, .notify,
      .await,
      .recordProcess, .dieWithRuntime, .outliveRuntime, .joinContainer, .becomeNamespaceRoot, .pivotRoot,
      .waitForStart, .setCPUAffinity, .pause, .openInside, .mapSource:
      break
    case .moveRoot, .changeRoot:
      throw PlanError(step.origin, "a script changes the root with pivot_root(8) only")
    case .setPropagation, .attachRoot, .mount, .makeDevice, .linkDevices, .openConsole, .setRootPropagation,
      .maskPaths, .readonlyPaths, .readonlyRoot:
      try translateFiles(step)
    default: translateProcess(step.action)
    }
  }
}
