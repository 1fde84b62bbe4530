// swift-tools-version: 6.2
//
// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import PackageDescription

/// Whether this is the build of the program that is shipped as `roost-runtime`: Embedded Swift, which has no metadata to
/// make at run time. That halves what a start costs beyond the kernel's work. Tests build the same sources without.
let isEmbedded = Context.environment["ROOST_EMBEDDED"] == "1"

/// Whether the fuzzer is there, which only `Scripts/fuzz.sh` can link.
let isFuzzing = Context.environment["ROOST_FUZZ"] == "1"

/// Settings that every Swift target shares: one dialect, no warnings.
let common: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Modules as a whole, as in releases: their parts one by one take half as long again. With threads, because SwiftPM
    // expects an object and an index entry for each file, and one thread makes one for the module.
    .unsafeFlags(
      ["-wmo", "-num-threads", "2", "-no-emit-module-separately-wmo"], .when(configuration: .debug)),
  ] + (isEmbedded ? [.enableExperimentalFeature("Embedded")] : [])

/// In that build the program's own module makes and optimises the code of all modules: the others only check theirs, and
/// pass it on as it is written.
let library =
  common
  + (isEmbedded
    ? [
      .enableExperimentalFeature("DeferredCodeGen"),
      .unsafeFlags([
        "-Onone", "-assert-config", "Release", "-no-emit-module-separately-wmo",
        "-Xfrontend", "-emit-empty-object-file",
      ]),
    ] : [])

/// A library target. Its position in the list below is its layer: arrows point downwards only.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: library)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: common)
}

let package = Package(
  name: "roost",
  products: [
    .executable(name: "roost", targets: ["roost"]),
    .executable(name: "roost-runtime", targets: ["roost-runtime"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // Layer 0: C declarations.
    .target(
      name: "CLinux", cSettings: isEmbedded ? [.define("ROOST_EMBEDDED")] : [],
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CCompression",
      linkerSettings: [.linkedLibrary("z"), .linkedLibrary("lzma"), .linkedLibrary("zstd")]),
    .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),

    // Layer 1: the kernel and the formats, without policy.
    module("Linux", ["CLinux"]),
    module("SafePath", ["CLinux", "Linux"]),
    module("JSON", []),
    module("Netlink", ["CLinux", "Linux"]),
    module("DBus", ["Linux"]),

    // Layer 2: the specification's nouns.
    module("OCI", ["JSON"]),
    module("Cgroups", ["CLinux", "DBus", "Linux", "JSON", "OCI"]),
    module("Seccomp", ["CLinux", "OCI"]),

    // Layer 3: the plan, and what executes it.
    module("ContainerPlan", ["OCI", "Cgroups", "Seccomp", "JSON", "Linux"]),
    module(
      "ContainerRuntime",
      ["ContainerPlan", "Cgroups", "Seccomp", "SafePath", "JSON", "Netlink", "OCI", "Linux", "CLinux"]),

    // Layer 4: the OCI command line, and the rooms of the engine.
    .executableTarget(
      name: "roost-runtime",
      dependencies: [
        "ContainerRuntime", "ContainerPlan", "Cgroups", "Seccomp", "SafePath", "OCI", "JSON", "Linux",
        "CLinux",
      ],
      swiftSettings: common + (isEmbedded ? [.unsafeFlags(["-Osize"])] : []),
      linkerSettings: isEmbedded
        ? [.unsafeFlags(["-Xclang-linker", "-no-pie", "-Xclang-linker", "-static"])] : []),
    module("Explain", ["ContainerPlan", "Cgroups", "Seccomp", "OCI", "JSON", "Linux"]),
    module("RootFS", ["CCompression", "CCrypto", "CLinux", "Linux"]),
    module("Networking", ["Netlink", "JSON", "Linux"]),
    module(
      "Engine",
      [
        "RootFS", "Networking", "Explain", "ContainerPlan", "Cgroups", "Seccomp", "SafePath", "OCI", "JSON",
        "Netlink", "Linux",
      ]),

    // Layer 5: what people type.
    .executableTarget(
      name: "roost",
      dependencies: [
        "Engine", "Explain", "Networking", "ContainerPlan", "RootFS", "Linux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: common),

    // Measuring.
    .executableTarget(name: "bench", dependencies: ["Linux"], swiftSettings: common),

    tests("LinuxTests", ["Linux", "SafePath"]),
    tests("JSONTests", ["JSON"]),
    tests("NetlinkTests", ["Netlink", "Linux"]),
    tests("OCITests", ["OCI", "JSON"]),
    tests("DBusTests", ["DBus", "Linux"]),
    tests("CgroupsTests", ["Cgroups", "DBus", "OCI", "JSON", "Linux"]),
    tests("SeccompTests", ["Seccomp", "OCI", "JSON"]),
    tests(
      "ContainerPlanTests", ["ContainerPlan", "Explain", "Cgroups", "Seccomp", "OCI", "JSON", "Linux"],
      exclude: ["Golden"]),
    tests("NetworkingTests", ["Networking", "Netlink", "Linux"]),
    tests("RootFSTests", ["RootFS", "Linux"]),
    tests("EngineTests", ["Engine", "Networking", "OCI", "JSON", "Linux"], exclude: ["Golden"]),
  ],
  swiftLanguageModes: [.v6]
)

if isFuzzing {
  package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "ContainerPlan", "ContainerRuntime", "Cgroups", "Engine", "Explain", "JSON", "Linux", "Networking",
        "OCI",
        "RootFS", "Seccomp",
      ],
      path: "Tests/fuzz", exclude: ["corpus"], swiftSettings: common))
}
