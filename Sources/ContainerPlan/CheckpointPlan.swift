// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import OCI

/// What the `criu` program has to be told about a container, for a dump and for its restoration.
///
/// Mounts that come from outside are no part of an image: criu is given a name for each, and at restoration the place where it
/// is found.
public struct CheckpointPlan: Equatable, Sendable {
  /// A mount that criu must not save.
  public struct ExternalMount: Equatable, Sendable {
    /// In the container.
    public var destination: String
    /// Under which the image refers to it.
    public var name: String
  }

  /// For the dump.
  public var externalMounts: [ExternalMount] = []
  /// For the restoration: where what has this name in the image is found.
  public var sources: [KeyValue] = []
  /// The network namespace that was joined, and stays outside; nil for one of the container's own.
  public var networkPath: String?

  /// - Parameters:
  ///   - bundle: relative sources count from it.
  ///   - cgroupHierarchies: names below a `cgroup` mount, each a mount of its own, and their paths on the host; without a
  ///     name where there is only one, which is the mount itself.
  ///   - hasFile: whether a masked path is a file, hence covered by the null device.
  /// - Throws: for what criu cannot save, and what `hasFile` throws.
  public init(
    _ spec: Spec, bundle: String, cgroupHierarchies: [KeyValue], hasFile: (String) throws(PlanError) -> Bool
  ) throws(PlanError) {
    let linux = spec.linux ?? LinuxConfig()
    for annotation in [RuntimeAnnotation.landlockPaths, .landlockPorts]
    where spec.annotations.value(of: annotation) != nil {
      throw PlanError(
        "/annotations/\(annotation.rawValue)",
        "a Landlock fence is not in an image: the container would be without it")
    }
    if spec.process?.terminal == true {
      throw PlanError("/process/terminal", "a container with a terminal cannot be checkpointed")
    }
    for (index, namespace) in linux.namespaces.enumerated() where namespace.path != nil {
      guard namespace.type == .network else {
        throw PlanError(
          Origin("/linux/namespaces", index),
          "a \(namespace.type.rawValue) namespace that is joined cannot be restored")
      }
      networkPath = namespace.path
    }
    for mount in spec.mounts {
      let options = ParsedMountOptions(mount.options)
      let destination = mount.destination.utf8.first == 0x2F ? mount.destination : "/" + mount.destination
      if options.bind || mount.type == "bind" {
        let source = mount.source ?? ""
        add(destination, source.utf8.first == 0x2F ? source : bundle + "/" + source)
      } else if mount.type == "cgroup" || mount.type == "cgroup2" {
        for hierarchy in cgroupHierarchies {
          add(destination + (hierarchy.key.isEmpty ? "" : "/" + hierarchy.key), hierarchy.value)
        }
      }
    }
    // All files that the null device covers have one name.
    let null = "/dev/null"
    for path in linux.maskedPaths {
      guard try hasFile(path) else { continue }
      externalMounts.append(ExternalMount(destination: path, name: null))
    }
    if !linux.maskedPaths.isEmpty { sources.append(KeyValue(null, null)) }
  }

  private mutating func add(_ destination: String, _ source: String) {
    externalMounts.append(ExternalMount(destination: destination, name: destination))
    sources.append(KeyValue(destination, source))
  }
}
