// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// What comes before a measured command.
enum Mode: String, CaseIterable, Sendable {
  case backToBack = "back to back"
  case afterIdling = "after idling"
}

/// How one contender takes part in one scenario. Only what `prepare` returns is measured, from its start to its end.
struct Trial {
  let contender: Contender
  var setUp: () throws(BenchError) -> Void = {}
  /// Before each command; gives it as a program's path and its arguments. No number comes twice.
  let prepare: (_ number: Int) throws(BenchError) -> [String]
  var environment = Spawner.environment
  /// Where the command leaves its standard output.
  var output = "/dev/null"
  /// When the measuring ends, if that is before the end of the command; of the monotonic clock.
  var moment: (() throws(BenchError) -> Int64)?
  var cleanUp: () throws(BenchError) -> Void = {}
  var tearDown: () throws(BenchError) -> Void = {}
}

/// A thing that people wait for.
struct Scenario: Sendable {
  let name: String
  let summary: String
  /// Upper limits for the subject's median divided by the yardstick's.
  var limits: [Mode: Double] = [:]
  /// Upper limit for the subject's median, where there is nobody to compare with.
  var limitMilliseconds: Double?
  /// Upper limit, after idling, for the subject's 90th percentile divided by its median: a start that waits for a
  /// grace period of RCU takes several times as long as one that does not, and some always would.
  var spreadLimit: Double?
  /// To whom the limits apply.
  var subject = Contender.ours
  var modes: [Mode] = [.backToBack]
  /// Back to back, each command comes right after one of the same contender. Without that the kernel would let it wait
  /// for a grace period that the others' turns have brought about.
  var repeatsBefore = false
  /// Nil when the contender cannot take part.
  let trial: @Sendable (Contender, Workshop) throws(BenchError) -> Trial?
}

extension Scenario {
  static func all(_ options: Options, seccomp: String?) -> [Scenario] {
    var scenarios = [run(name: "run", summary: "run of the default bundle with /bin/true", bundle: Bundle())]
    scenarios[0].limits = [.backToBack: 0.60, .afterIdling: 0.25]
    scenarios[0].spreadLimit = 2
    if let seccomp {
      var filtered = run(
        name: "run-seccomp", summary: "the same with the profile given", bundle: Bundle(seccomp: seccomp))
      filtered.limits = [.backToBack: 0.60, .afterIdling: 0.60]
      scenarios.append(filtered)
    }
    scenarios += [create, start, state, kill, delete, deleteForce, exec]
    scenarios += [1, 100, 300].map(list)
    scenarios.append(engineRun)
    scenarios += firstInstructions
    return scenarios
  }

  private static func run(name: String, summary: String, bundle: Bundle) -> Scenario {
    Scenario(name: name, summary: summary, modes: Mode.allCases, repeatsBefore: true) {
      (contender, workshop) throws(BenchError) in
      switch contender.kind {
      case .engine: return nil
      case .floor:
        if bundle.seccomp != nil { return nil }
        return Trial(contender: contender) { _ in
          [contender.path, "\(workshop.word)-floor", workshop.rootfs, "/bin/true"]
        }
      case .runtime:
        let driver = RuntimeDriver(contender: contender, workshop: workshop)
        let path = try bundle.write(
          to: "\(workshop.directory)/\(name)-\(contender.name)", rootfs: workshop.rootfs)
        return Trial(contender: contender) { number in
          driver.command(["run", "--bundle", path, driver.id("\(number)")])
        }
      }
    }
  }

  /// A scenario of one command on a container that sleeps.
  private static func onSleeper(
    _ name: String, _ summary: String, limits: [Mode: Double] = [:], modes: [Mode] = [.backToBack],
    _ trial: @escaping @Sendable (_ driver: RuntimeDriver, _ bundle: String) -> Trial
  ) -> Scenario {
    Scenario(
      name: name, summary: summary, limits: limits, modes: modes, repeatsBefore: modes.contains(.afterIdling)
    ) {
      (contender, workshop) throws(BenchError) in
      guard contender.kind == .runtime else { return nil }
      let bundle = try Bundle(arguments: ["/bin/sleep", "100000"]).write(
        to: "\(workshop.directory)/\(name)-\(contender.name)", rootfs: workshop.rootfs)
      return trial(RuntimeDriver(contender: contender, workshop: workshop), bundle)
    }
  }

  private static let create = onSleeper("create", "create", modes: Mode.allCases) { driver, bundle in
    Trial(
      contender: driver.contender,
      prepare: { _ in driver.createCommand(driver.id("c"), bundle: bundle) },
      cleanUp: { () throws(BenchError) in try driver.endAndDelete(driver.id("c"), pid: driver.lastPID()) })
  }

  private static let start = onSleeper("start", "start of a created container", limits: [.backToBack: 0.45]) {
    driver, bundle in
    Trial(
      contender: driver.contender,
      prepare: { (_) throws(BenchError) in
        try driver.create(driver.id("s"), bundle: bundle)
        return driver.command(["start", driver.id("s")])
      },
      cleanUp: { () throws(BenchError) in try driver.endAndDelete(driver.id("s"), pid: driver.lastPID()) })
  }

  private static let state = onSleeper("state", "state of a running container", limits: [.backToBack: 0.45]) {
    driver, bundle in
    Trial(
      contender: driver.contender,
      setUp: { () throws(BenchError) in try driver.createAndStart(driver.id("q"), bundle: bundle) },
      prepare: { _ in driver.command(["state", driver.id("q")]) },
      tearDown: { () throws(BenchError) in try driver.endAndDelete(driver.id("q"), pid: driver.lastPID()) })
  }

  private static let kill = onSleeper("kill", "kill of a running container", limits: [.backToBack: 0.45]) {
    driver, bundle in
    Trial(
      contender: driver.contender,
      prepare: { (_) throws(BenchError) in
        try driver.createAndStart(driver.id("k"), bundle: bundle)
        return driver.command(["kill", driver.id("k"), "KILL"])
      },
      cleanUp: { () throws(BenchError) in try driver.endAndDelete(driver.id("k"), pid: driver.lastPID()) })
  }

  private static let delete = onSleeper("delete", "delete of a stopped container") { driver, bundle in
    Trial(
      contender: driver.contender,
      prepare: { (_) throws(BenchError) in
        try driver.createAndStart(driver.id("d"), bundle: bundle)
        try driver.killInit(driver.lastPID())
        return driver.command(["delete", driver.id("d")])
      })
  }

  private static let deleteForce = onSleeper(
    "delete-force", "delete --force of a running container", limits: [.backToBack: 1.0]
  ) { driver, bundle in
    Trial(
      contender: driver.contender,
      prepare: { (_) throws(BenchError) in
        try driver.createAndStart(driver.id("f"), bundle: bundle)
        return driver.command(["delete", "--force", driver.id("f")])
      },
      cleanUp: { () throws(BenchError) in try driver.killInit(driver.lastPID()) })
  }

  private static let exec = onSleeper(
    "exec", "exec of /bin/true in a running container", limits: [.backToBack: 0.6, .afterIdling: 0.3],
    modes: Mode.allCases
  ) { driver, bundle in
    Trial(
      contender: driver.contender,
      setUp: { () throws(BenchError) in try driver.createAndStart(driver.id("x"), bundle: bundle) },
      prepare: { _ in driver.command(["exec", driver.id("x"), "/bin/true"]) },
      tearDown: { () throws(BenchError) in try driver.endAndDelete(driver.id("x"), pid: driver.lastPID()) })
  }

  private static func list(_ count: Int) -> Scenario {
    onSleeper("list-\(count)", "list with \(count) containers", limits: [.backToBack: 0.45]) {
      driver, bundle in
      let members = Members()
      return Trial(
        contender: driver.contender,
        setUp: { () throws(BenchError) in
          for number in 0..<count {
            let id = driver.id("l\(number)")
            try driver.create(id, bundle: bundle)
            members.list.append((id, try driver.lastPID()))
          }
        },
        prepare: { _ in driver.command(["list"]) },
        tearDown: { () throws(BenchError) in
          for (id, pid) in members.list { try driver.endAndDelete(id, pid: pid) }
        })
    }
  }

  /// The containers of a list scenario, from its set-up to its end.
  private final class Members {
    var list: [(id: String, pid: Int32)] = []
  }

  /// The engine on a tarball that it has unpacked before, beside the yardstick on the same root file system.
  private static let engineRun = Scenario(
    name: "roost-run", summary: "roost run --rm --network none of a cached tarball, /bin/true",
    limits: [.backToBack: 2.5], subject: "roost", repeatsBefore: true
  ) { (contender, workshop) throws(BenchError) in
    if contender.name == Contender.yardstick {
      let bundle = try Bundle().write(to: "\(workshop.directory)/beside-roost", rootfs: workshop.rootfs)
      let driver = RuntimeDriver(contender: contender, workshop: workshop)
      return Trial(contender: contender) { number in
        driver.command(["run", "--bundle", bundle, driver.id("e\(number)")])
      }
    }
    guard contender.kind == .engine else { return nil }
    let archive = "\(workshop.directory)/rootfs.tar"
    var trial = Trial(
      contender: contender,
      setUp: { () throws(BenchError) in
        try workshop.spawner.mustRun(["/bin/tar", "-C", workshop.rootfs, "-cf", archive, "."])
      },
      prepare: { _ in [contender.path, "run", "--rm", "--network", "none", archive, "/bin/true"] })
    trial.environment.append("ROOST_ROOT=\(workshop.directory)/engine")
    return trial
  }
}
