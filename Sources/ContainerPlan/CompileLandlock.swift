// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

extension Origin {
  public static let landlockPaths = Origin("/annotations/org.roost.landlock.paths")
  public static let landlockPorts = Origin("/annotations/org.roost.landlock.tcp")
}

extension LandlockRules {
  /// What asked for the fence.
  var origin: Origin { paths == nil ? .landlockPorts : .landlockPaths }

  /// Demands that the kernel can hold the program to all of the rules: one that is left out would be a promise broken.
  ///
  /// - Parameter version: of the kernel's interface; 0 for none.
  public func check(version: Int) throws(PlanError) {
    // Before version 3 a file that may only be read could be truncated.
    if paths != nil { try LandlockRules.check(version, 3, "rules on paths", "6.2", .landlockPaths) }
    if ports != nil { try LandlockRules.check(version, 4, "rules on TCP ports", "6.7", .landlockPorts) }
  }

  private static func check(
    _ version: Int, _ needed: Int, _ what: StaticString, _ release: StaticString, _ origin: Origin
  ) throws(PlanError) {
    if version >= needed { return }
    let found =
      version > 0
      ? "version \(version)"
      : "none: it takes CONFIG_SECURITY_LANDLOCK, and landlock in lsm= where that is given"
    throw PlanError(
      origin, "\(what) need Landlock of version \(needed) (Linux \(release)), and this kernel has \(found)")
  }
}

extension Compiler {
  /// While the process may still look everywhere, and after the last mount.
  mutating func compileLandlockRuleset() throws(PlanError) {
    guard let landlock else { return }
    try landlock.check(version: host.landlockVersion)
    add(.container, .makeLandlockRuleset(landlock), landlock.origin)
  }

  /// The fence, and behind it the filter, which need not allow the call that closes the fence.
  mutating func compileFences() {
    if let landlock { add(.container, .enforceLandlock, landlock.origin) }
    compileSeccomp()
  }
}
