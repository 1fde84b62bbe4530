// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import OCI
internal import Seccomp

// The last fence, and the program.
extension Explainer {
  func lookUpProgram(_ name: String, _ path: String?) -> Draft {
    Draft(
      name.utf8.contains(0x2F)
        ? "Check that \(Quoting.plain(name)) can be executed"
        : "Find \(Quoting.plain(name)) along the container's PATH",
      why:
        "As the program's user, who must be allowed to execute it, and before the runtime says that all is well: the "
        + "most frequent mistake, a name that is not in the image, is reported by `create` and not by `start`.",
      calls: ["newfstatat(AT_FDCWD, …, {st_mode=S_IFREG}, 0)", "faccessat2(AT_FDCWD, …, X_OK, AT_EACCESS)"],
      manual: ["execvp(3)", "access(2)"],
      shell: [(path.map { "PATH=\(Quoting.shell($0)) " } ?? "") + "command -v \(Quoting.shell(name))"])
  }

  func loadSeccomp(_ program: SeccompProgram, _ index: Int) -> Draft {
    let count = program.instructions.count
    let isEarly = plan.isBeforeUser(index)
    return Draft(
      "Load the system call filter (\(count) BPF instructions)",
      why: (isEarly
        ? "Before privileges are given up: without no_new_privs only a process with CAP_SYS_ADMIN may load a filter. The "
          + "profile must therefore allow what the remaining steps call."
        : program.needsListener
          ? "After no_new_privs, which permits it without privileges, and while the runtime is still there to take the "
            + "listener."
          : "The last fence, right before execve(2): a filter that came earlier would have to allow every call that the "
            + "steps before make, and the program would inherit them all.")
        + " The kernel runs the filter at every system call; it can be made stricter later, never looser.",
      calls: ["seccomp(SECCOMP_SET_MODE_FILTER, \(Self.words(program.flags)), {len=\(count), filter=…})"],
      manual: ["seccomp(2)"], shell: ["setpriv --seccomp-filter filter.bpf \"$@\""])
  }

  private static func words(_ flags: UInt32) -> String {
    let table: [(UInt32, String)] = [
      (1 << 0, "TSYNC"), (1 << 1, "LOG"), (1 << 2, "SPEC_ALLOW"), (1 << 3, "NEW_LISTENER"),
      (1 << 4, "TSYNC_ESRCH"),
      (1 << 5, "WAIT_KILLABLE_RECV"),
    ]
    let names = table.filter { flags & $0.0 != 0 }.map { "SECCOMP_FILTER_FLAG_" + $0.1 }
    return names.isEmpty ? "0" : names.joined(separator: "|")
  }

  func execute(_ arguments: [String], _ environment: [String], _ kept: UInt32) -> Draft {
    let inherited =
      kept == 0
      ? ""
      : " But for \(kept == 1 ? "number 3" : "numbers 3 to \(2 + Int(kept))"), which the caller passed on."
    let hasHome = environment.contains { $0.utf8.starts(with: "HOME=".utf8) }
    let home =
      hasHome ? "" : " HOME, which the configuration leaves out, comes from the container's /etc/passwd."
    let variables = "/* \(environment.count) variable\(environment.count == 1 ? "" : "s") */"
    return Draft(
      "Become \(Quoting.plain(arguments.first ?? ""))",
      why:
        "The program replaces the runtime's copy: same process, same namespaces, new memory. All other descriptors "
        + "close with it, so that nothing of the host stays open (CVE-2024-21626).\(inherited)\(home) Signals are back to their "
        + "defaults. The runtime reads the end of file on their socket as success.",
      calls: [
        "close_range(\(3 + Int(kept)), ~0U, CLOSE_RANGE_CLOEXEC)", "rt_sigprocmask(SIG_SETMASK, [], NULL, 8)",
        "execve(program, \(Calls.array(arguments)), \(variables))",
      ],
      manual: ["execve(2)", "close_range(2)"],
      shell: ["exec env -i \(Quoting.shell(environment + arguments))"])
  }
}
