// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

// The hooks that run before the program does, but for those of `start`.
extension Compiler {
  /// Hooks before `start`, or hooks of `start` that need the state, which the runtime sends with the others' leave.
  var hasHooksBeforeStart: Bool {
    guard let hooks = spec.hooks else { return false }
    return !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty
      || !hooks.startContainer.isEmpty
  }

  /// Where on the host hooks find the container's root mounted, in its mount namespace; nil where it need not be there.
  ///
  /// Hooks for devices mount into the root by this path, as runc has it there. In a user namespace the path may be out of
  /// reach, in a namespace that is joined it means something else, and without pivot_root(2) the root has to lie on top
  /// of everything.
  var rootPathForHooks: String? {
    guard let hooks = spec.hooks, let root = spec.root, isNew(.mount), !hasUserNamespace, !request.noPivot
    else { return nil }
    let isNeeded =
      !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || !hooks.createContainer.isEmpty
    return isNeeded ? absolute(root.path) : nil
  }

  /// Hooks run when the container's namespaces and file systems stand, and before its root changes.
  mutating func compileHooksBeforeRoot() {
    guard hasHooksBeforeStart, let hooks = spec.hooks else { return }
    add(.container, .notify(.namespacesReady), Origin("/hooks"))
    add(.runtime, .await(.namespacesReady), Origin("/hooks"))
    if !hooks.prestart.isEmpty {
      add(.runtime, .runHooks(.prestart, hooks.prestart), Origin("/hooks/prestart"))
    }
    if !hooks.createRuntime.isEmpty {
      add(.runtime, .runHooks(.createRuntime, hooks.createRuntime), Origin("/hooks/createRuntime"))
    }
    add(.runtime, .notify(.hooksDone), Origin("/hooks"))
    add(.container, .await(.hooksDone), Origin("/hooks"))
    if !hooks.createContainer.isEmpty {
      add(.container, .runHooks(.createContainer, hooks.createContainer), Origin("/hooks/createContainer"))
    }
    add(.runtime, .notify(.committed))
  }
}
