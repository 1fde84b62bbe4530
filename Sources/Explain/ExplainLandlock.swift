// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import OCI

// The fence of Landlock.
extension Explainer {
  func makeLandlockRuleset(_ rules: LandlockRules) -> Draft {
    let count = (rules.paths?.count ?? 0) + (rules.ports?.count ?? 0)
    let paths = (rules.paths ?? []).map { rule -> Draft.Detail in
      ("\(Quoting.plain(rule.path)): \(rule.access.words)", Origin.landlockPaths.pointer)
    }
    let ports = (rules.ports ?? []).map { rule -> Draft.Detail in
      ("TCP port \(rule.port): \(rule.words)", Origin.landlockPorts.pointer)
    }
    let kinds = (rules.paths == nil ? [] : ["files"]) + (rules.ports == nil ? [] : ["TCP"])
    return Draft(
      "Prepare a Landlock fence around \(kinds.joined(separator: " and ")) with \(count) opening\(count == 1 ? "" : "s")",
      why:
        "While the process may still look everywhere, and after the last mount: each path is opened inside the root, and "
        + "the rule holds for that very file or directory, whatever has its name later.",
      calls: ["landlock_create_ruleset({\(rules.handled)}, 16, 0)"]
        + (rules.paths ?? []).flatMap { rule in
          [
            Calls.openInRoot(rule.path),
            "landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, {allowed_access=/* \(rule.access.rawValue) */, "
              + "parent_fd=path}, 0)",
          ]
        }
        + (rules.ports ?? []).map { rule in
          "landlock_add_rule(ruleset, LANDLOCK_RULE_NET_PORT, {allowed_access=\(rule.kernelWords), port=\(rule.port)}, 0)"
        },
      manual: ["landlock(7)", "landlock_create_ruleset(2)", "landlock_add_rule(2)"],
      details: paths + ports)
  }

  func enforceLandlock() -> Draft {
    Draft(
      "Close the Landlock fence",
      why:
        "A second fence, which needs no privilege, no mount and no id of its own, and which nobody behind it can open, root "
        + "with all capabilities included. As late as the filter of system calls, and before it, so that the filter need not "
        + "allow this call. Whoever is behind it may no longer mount anything if it is around files.",
      calls: ["landlock_restrict_self(ruleset, 0)"], manual: ["landlock(7)", "landlock_restrict_self(2)"])
  }
}

extension LandlockAccess {
  fileprivate var words: String {
    switch self {
    case .read: "read"
    case .execute: "read and execute"
    case .write: "read and change"
    case .all: "read, change and execute"
    }
  }
}

extension LandlockPort {
  fileprivate var words: String { connects && binds ? "connect and bind" : connects ? "connect" : "bind" }

  fileprivate var kernelWords: String {
    ((connects ? ["LANDLOCK_ACCESS_NET_CONNECT_TCP"] : []) + (binds ? ["LANDLOCK_ACCESS_NET_BIND_TCP"] : []))
      .joined(separator: "|")
  }
}

extension LandlockRules {
  /// The fields of `struct landlock_ruleset_attr`.
  fileprivate var handled: String {
    ((paths == nil ? [] : ["handled_access_fs=/* all of version 3 */"])
      + (ports == nil
        ? [] : ["handled_access_net=LANDLOCK_ACCESS_NET_BIND_TCP|LANDLOCK_ACCESS_NET_CONNECT_TCP"]))
      .joined(separator: ", ")
  }
}
