// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import ContainerRuntime
internal import JSON
internal import Linux

extension Command {
  static let ps = Command(
    name: "ps", usage: "[options] ID [ps options]", summary: "list the processes of a container",
    options: [.value("format", "f", "table or json")], interspersed: false
  ) { (context) throws(CommandFailure) in
    let id = try context.containerID()
    let containers = try context.containers()
    let pids = try attempt { () throws(RuntimeError) in try containers.processes(id) }
    switch context.arguments.value("format") {
    case "json":
      var writer = JSONWriter()
      writer.array(of: pids) { json, pid in json.value(pid) }
      return Output.print(writer.bytes)
    case nil, "table":
      let options = Array(context.arguments.positional.dropFirst())
      return try HostPS(options: options.isEmpty ? ["-ef"] : options).print(pids)
    case let other?: throw CommandFailure("--format: expected table or json, found \"\(other)\"")
    }
  }
}

/// The host's ps(1), whose columns the caller chooses; lines of other processes are left out.
struct HostPS {
  let options: [String]

  func print(_ pids: [Int32]) throws(CommandFailure) -> Int32 {
    let lines = try output().utf8.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    guard let title = lines.first else { return 0 }
    guard let column = fields(title).firstIndex(of: "PID") else {
      throw CommandFailure("ps \(options.joined(separator: " ")): the output has no PID column")
    }
    let kept = lines.dropFirst().filter { line in
      let cells = fields(line)
      guard column < cells.count, let pid = Int32(cells[column]) else { return false }
      return pids.contains(pid)
    }
    return Output.print(([title] + kept).joined(separator: "\n"))
  }

  private func fields(_ line: String) -> [String] {
    line.utf8.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
  }

  private func output() throws(CommandFailure) -> String {
    do throws(SyscallError) {
      let file = try memfdCreate("ps")
      let arguments = CStringArray(["ps"] + options)
      let environment = CStringArray(["PATH=/usr/bin:/bin"])
      let result = try clone3([])
      switch consume result {
      case .child:
        try? dup3(file.fd, onto: 1)  // bestEffort: the output would be missing, which is an error below
        _ = execve("/bin/ps", arguments, environment)
        exitProcess(127)
      case .parent(_, let pidfd):
        let status = try waitid(pidfd.fd)
        guard status == .exited(0) || status == .exited(1) else {
          throw SyscallError("ps", .noEntry, "ps \(options.joined(separator: " ")) failed")
        }
      }
      return String(decoding: try preadAll(file.fd, limit: 64 << 20), as: UTF8.self)
    } catch { throw CommandFailure("\(error)") }
  }
}
