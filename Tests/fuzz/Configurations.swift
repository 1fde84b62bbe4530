// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Cgroups
import ContainerRuntime
import Explain
import JSON
import Linux
import OCI

@testable import ContainerPlan

/// config.json: read, checked, written and read again, planned for three machines, explained.
func tryConfiguration(_ bytes: [UInt8]) {
  let spec: Spec
  do throws(SpecError) {
    spec = try Spec(validating: bytes, source: "config.json")
  } catch {
    return demandLine("\(error)")
  }
  do throws(SpecError) {
    let again = try Spec(validating: spec.encoded, source: "config.json")
    demand(again == spec, "another configuration comes back: \(again)")
  } catch {
    fatalError("what was written is refused: \(error)")
  }
  for note in spec.portabilityNotes {
    demand(note.pointer.utf8.first == UInt8(ascii: "/"), "no pointer: \(note)")
  }
  for cgroups in [Hosts.bare, Hosts.hybrid, Hosts.v2] { tryPlan(spec, on: cgroups) }
}

func tryPlan(_ spec: Spec, on cgroups: CgroupHost) {
  var request = Case(spec)
  request.cgroups = cgroups
  do {
    let plan = try request.compile()
    let explanation = plan.explanation()
    demand(explanation.steps.count >= plan.steps.count, "a step is missing in the explanation")
    demand(!explanation.text().isEmpty && !explanation.json().isEmpty, "no explanation")
  } catch {
    demandLine("\(error)")
  }
}

/// A container's record in the state directory: read, written and read again.
func tryRecord(_ bytes: [UInt8]) {
  do throws(JSONError) {
    let record = try Record(decoding: bytes)
    do throws(JSONError) {
      let again = try Record(decoding: record.encoded)
      demand(again == record, "another record comes back: \(again)")
    } catch {
      fatalError("what was written is refused: \(error)")
    }
  } catch {
    demandLine("\(error)")
  }
}

/// The options of a mount: lines with its type, source, destination, then one for each option.
func tryMountOptions(_ bytes: [UInt8]) {
  var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .map { String(decoding: $0, as: UTF8.self) }
  func line() -> String? {
    guard let first = lines.first else { return nil }
    lines.removeFirst()
    return first.isEmpty ? nil : first
  }
  var mount = Mount(destination: "/")
  mount.type = line()
  mount.source = line()
  mount.destination = line() ?? "/"
  mount.options = lines
  let options = ParsedMountOptions(lines)
  for change in [options.attributes, options.recursiveAttributes] {
    demand(change.setting.isDisjoint(with: change.clearing), "set and cleared at once: \(change)")
  }
  demand((options.contradiction ?? 0) < max(1, lines.count), "no such option")
  let spec = Spec.small { $0.mounts = [mount] }
  do throws(SpecError) { try spec.validate() } catch { return demandLine("\(error)") }
  tryPlan(spec, on: Hosts.hybrid)
}
