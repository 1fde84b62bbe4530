// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Cgroups
public import ContainerPlan
public import Linux
public import OCI

/// Makes a container: `create` and `run`.
public struct Creation {
  /// What the command line adds to the configuration.
  public struct Options {
    public var console = ConsoleDestination.none
    /// Where the process id is written, in decimal; nil for nowhere.
    public var pidFile: String?
    /// A listening socket that gets a pidfd of the process.
    public var pidfdSocket: String?
    public var trace: Trace?
    /// `run` returns as soon as the program runs.
    public var detach = false
    /// `run` leaves the stopped container behind.
    public var keep = false
    /// The socket of a service manager that wants to hear from the program (`NOTIFY_SOCKET`).
    public var serviceManager: String?
    /// A sequenced-packet socket whose other end is asked at each stop of the plan.
    public var watcher: OwnedDescriptor?
    /// Takes failures that do not stop anything, such as those of poststop hooks.
    public var warn: ([String]) -> Void = { _ in }

    public init() {}
  }

  private let spec: Spec
  private let configuration: [UInt8]
  private let request: CreateRequest
  private let plan: Plan
  private let options: Options

  /// - Parameters:
  ///   - spec: validated.
  ///   - configuration: the bytes that `spec` was decoded from.
  public init(
    _ spec: Spec, configuration: [UInt8], plan: Plan, request: CreateRequest, options: Options
  ) {
    self.spec = spec
    self.configuration = configuration
    self.plan = plan
    self.request = request
    self.options = options
  }

  /// Creates the container and leaves its process waiting for `start`.
  public func create(in store: StateStore) throws(RuntimeError) {
    let launch = try prepare(in: store)
    let runtime = RuntimeSide(launch)
    do throws(StepFailure) {
      try runtime.run()
      launch.record.summary.phase = .created
      try launch.saveRecord()
      try announce(runtime)
    } catch {
      throw undo(launch, runtime.process, store, error)
    }
  }

  /// Creates the container and starts its program.
  ///
  /// - Returns: how the program ended; nil when it is left running.
  public func run(in store: StateStore) throws(RuntimeError) -> ExitStatus? {
    let launch = try prepare(in: store)
    let foreground: Foreground?
    do throws(SyscallError) {
      foreground = options.detach ? nil : try Foreground()
    } catch { throw RuntimeError(error) }
    let runtime = RuntimeSide(launch)
    let proxy: NotifyProxy?
    do throws(StepFailure) {
      proxy = try listen(launch)
      try runtime.run()
      try runtime.awaitExecution()
      try announce(runtime)
      try runPoststartHooks(launch)
    } catch {
      throw undo(launch, runtime.process, store, error)
    }
    guard let process = runtime.process else { return nil }
    if launch.watcher != nil { foreground?.forgetSignals() }
    guard let foreground else {
      try awaitReady(proxy, process, launch)
      return nil
    }
    let console = runtime.console
    let status: ExitStatus
    do throws(SyscallError) {
      // Other commands may work on the container while it runs.
      try launch.directory.unlock()
      status = try foreground.supervise(process, console: console?.fd, proxy: proxy)
      warnIfOutOfMemory(status, launch.record)
      if options.keep { return status }
      // Somebody else has removed the container, and a namesake's cgroups must not go the same way.
      guard try launch.directory.lock() else { return status }
    } catch { throw RuntimeError(error, "waiting for the container") }
    options.warn(try store.remove(launch.directory, launch.record, options.trace))
    return status
  }

  // MARK: Parts

  private func prepare(in store: StateStore) throws(RuntimeError) -> Launch {
    let record = try Record(spec, id: request.id, bundle: request.bundle)
    let directory = try store.create(request.id)
    let launch = Launch(
      plan: plan, directory: directory, record: record, configuration: configuration,
      console: options.console, trace: options.trace)
    launch.seccompAgent = SeccompAgent(spec)
    launch.watcher = options.watcher
    do throws(SyscallError) {
      launch.ignoredSignals = try ignoredSignals()
      launch.ownProgram = try fstatat(.workingDirectory, "/proc/self/exe")
      if request.notifies { try NotifyProxy.makeDirectory(in: directory) }
    } catch {
      throw RuntimeError(error)
    }
    // This process ends with the operation, and the kernel closes at once what would take a call each.
    _ = Unmanaged.passRetained(launch)
    return launch
  }

  /// A program that was killed for memory cannot say so itself.
  private func warnIfOutOfMemory(_ status: ExitStatus, _ record: Record) {
    let hasLimit = spec.linux?.resources?.memory?.limit ?? 0 > 0
    guard status == .signalled(SIGKILL) || hasLimit && status != .exited(0) else { return }
    // bestEffort: without the counter there is nothing to say
    guard let report = try? record.cgroupSet.outOfMemoryReport() else { return }
    options.warn(["\(report) (config.json: /linux/resources/memory/limit)"])
  }

  private func announce(_ runtime: RuntimeSide) throws(StepFailure) {
    let socket = options.pidfdSocket ?? spec.annotations.value(of: .pidfdReceiver)
    try runtime.process?.announce(file: options.pidFile, socket: socket, kind: "standard")
  }

  private func listen(_ launch: Launch) throws(StepFailure) -> NotifyProxy? {
    guard let manager = options.serviceManager else { return nil }
    return try step("notify socket") { () throws(SyscallError) in
      try NotifyProxy(launch.directory, manager: manager)
    }
  }

  /// A detached container is started when its program says that it is ready, or has ended.
  private func awaitReady(
    _ proxy: NotifyProxy?, _ process: ChildProcess, _ launch: Launch
  ) throws(RuntimeError) {
    guard let proxy else { return }
    do throws(SyscallError) {
      try launch.directory.unlock()
      try proxy.awaitReady(process.pid, process.pidfd.fd)
    } catch { throw RuntimeError(error, "waiting for the container to be ready") }
  }

  private func runPoststartHooks(_ launch: Launch) throws(StepFailure) {
    guard let hooks = spec.hooks?.poststart, !hooks.isEmpty else { return }
    try HookRunner(
      point: .poststart, state: launch.state(.running).encoded, workingDirectory: request.bundle,
      streams: launch.streamsOfHooks()
    ).run(hooks)
  }

  /// Takes everything back that a failed attempt has made; the first failure is what the caller reads.
  private func undo(
    _ launch: Launch, _ process: ChildProcess?, _ store: StateStore, _ failure: StepFailure
  ) -> RuntimeError {
    var error = RuntimeError(failure.message, exitStatus: failure.exitStatus)
    if let process {
      do throws(SyscallError) {
        try? pidfdSendSignal(process.pidfd.fd, SIGKILL)  // bestEffort: it may have ended by itself
        _ = try waitid(process.pidfd.fd)
      } catch let secondary { error.cleanUpFailures.append("\(secondary)") }
    }
    launch.record.summary.process = nil
    // Its name, its cgroups' names with it, may be another container's by now.
    if launch.isRemoved { return error }
    do throws(RuntimeError) {
      error.cleanUpFailures += try store.remove(launch.directory, launch.record)
    } catch let secondary { error.cleanUpFailures.append(secondary.message) }
    return error
  }
}

/// The kernel's name for the time since the machine was started.
enum BootID {
  static func current() throws(RuntimeError) -> String { try cached.get() }

  /// Read once: it cannot change while a process lives, and `list` asks for every container.
  private static let cached: Result<String, RuntimeError> = read()

  private static func read() -> Result<String, RuntimeError> {
    do throws(SyscallError) {
      let text = try readKernelFile(.workingDirectory, "/proc/sys/kernel/random/boot_id")
      return .success(String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self))
    } catch { return .failure(RuntimeError(error)) }
  }
}

/// Times as RFC 3339 in UTC with nanoseconds.
public enum Timestamp {
  public static func now() -> String { text(realtimeNanoseconds()) }

  /// - Parameter nanoseconds: since 1970.
  static func text(_ nanoseconds: Int64) -> String {
    let (days, rest) = (nanoseconds / 1_000_000_000).quotientAndRemainder(dividingBy: 86400)
    let (year, month, day) = civil(days)
    func padded(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(rest / 3600, 2)):"
      + "\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2)).\(padded(nanoseconds % 1_000_000_000, 9))Z"
  }

  /// Year, month and day of a number of days since 1970, in the Gregorian calendar. Counting years from March makes
  /// the leap day the last of the year.
  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
