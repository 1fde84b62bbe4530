// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

// What is done with the attachments of plug-ins that are written down, beside ADD and DEL of a container's own run.
extension Networks {
  /// Has plug-ins undo what they did for containers that are gone, and then forget all but what is left.
  ///
  /// GC is for networks that containers of this engine are in, or were until they were lost: of others nothing is known.
  ///
  /// - Throws: ``NetworkingError``, the first, after everything was tried.
  func collectPlugins() throws(NetworkingError) {
    let found = try store.pluginRecords()
    guard !found.isEmpty else { return }
    var failure: NetworkingError?
    try store.lockedPlugins(exclusively: true) {
      for record in found where !isAlive(record.container) {
        do throws(NetworkingError) {
          for port in record.ports { try store.release(port, of: record.container) }
          try record.chain(namespace: nil).delete(record.result)
          try store.remove(record)
        } catch { failure = failure ?? error }
      }
      let left = try store.pluginRecords()
      var seen: Set<String> = []
      for record in found where seen.insert(record.configuration.name).inserted {
        let valid = left.filter { $0.configuration.name == record.configuration.name }
        do throws(NetworkingError) {
          try record.chain.collect(valid: valid.map { ($0.container, $0.interface) })
        } catch { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
  }

  /// Has plug-ins say whether what they have made for containers is still as it was.
  ///
  /// - Parameter namespace: The path of a running container's network namespace, by its id; nil when it does not run.
  /// - Returns: what is wrong, in one line per interface.
  func checkPlugins(namespace: (String) throws -> String?) throws(NetworkingError) -> [NetworkingError] {
    var problems: [NetworkingError] = []
    // With ADD and DEL shut out: nothing else may be done to the same container meanwhile.
    guard try !store.pluginRecords().isEmpty else { return [] }
    try store.lockedPlugins(exclusively: true) {
      for record in try store.pluginRecords() where !record.result.isEmpty && isAlive(record.container) {
        if record.configuration.disablesCheck { continue }
        let place = "container \(record.container.prefix(12))"
        do {
          guard let present = try namespace(record.container) else { continue }
          // Plug-ins compare the path with the one that ADD was given, which is lost with its engine.
          let path = Self.isSame(record.namespace, present) ? record.namespace : present
          try record.chain(namespace: path).check(record.result)
        } catch let error as NetworkingError {
          problems.append(error.within(place))
        } catch {
          problems.append(NetworkingError("\(place): \(error)"))
        }
      }
    }
    return problems
  }

  private static func isSame(_ path: String, _ other: String) -> Bool {
    do throws(SyscallError) {
      let (one, two) = (try fstatat(.workingDirectory, path), try fstatat(.workingDirectory, other))
      return one.device == two.device && one.inode == two.inode
    } catch { return false }
  }
}
