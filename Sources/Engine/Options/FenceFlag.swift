// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Linux
import OCI

// `--allow-path` and `--allow-tcp`: rules of Landlock, which the runtime finds in annotations.
extension RunOptions {
  mutating func allowPath(_ text: String) throws(EngineError) {
    do throws(SpecError) { _ = try LandlockPath(text, at: "") } catch { throw EngineError(error.problem) }
    append(text, to: .landlockPaths)
  }

  mutating func allowPort(_ text: String) throws(EngineError) {
    if text != LandlockRules.noPort {
      do throws(SpecError) { _ = try LandlockPort(text, at: "") } catch { throw EngineError(error.problem) }
    }
    append(text, to: .landlockPorts)
  }

  private mutating func append(_ line: String, to annotation: RuntimeAnnotation) {
    let lines = annotations.value(of: annotation).map { "\($0)\n\(line)" } ?? line
    annotations.removeAll { $0.key == annotation.rawValue }
    annotations.append(KeyValue(annotation.rawValue, lines))
  }

  /// Demands a kernel that knows the rules and a runtime that applies them, before anything exists.
  func checkFence(_ runtime: RuntimeCommand) throws(EngineError) {
    var spec = Spec(ociVersion: SpecBuilder.specificationVersion)
    spec.annotations = annotations
    guard spec.isFenced else { return }
    guard runtime.isOurs else {
      throw EngineError(
        "--allow-path, --allow-tcp: the runtime \(runtime.path) would run the container without the fence; roost-runtime "
          + "knows it")
    }
    let rules: LandlockRules?
    do throws(SpecError) { rules = try spec.landlock() } catch {
      throw EngineError("--annotation \(error.pointer): \(error.problem)")
    }
    do throws(PlanError) { try rules?.check(version: Landlock.version) } catch {
      throw EngineError("\(FlagNames.flag(error.pointer) ?? error.pointer): \(error.problem)")
    }
  }
}
