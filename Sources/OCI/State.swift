// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The container as hooks and callers see it (`runtime.md`, "State"), with the members that runc adds.
public struct State: Equatable, Sendable {
  public var ociVersion: String
  public var id: String
  public var status: ContainerStatus
  /// The init process as the runtime sees it; 0 when there is none.
  public var pid: Int32
  /// Absolute.
  public var bundle: String
  /// Absolute. Written by runc, not in the specification.
  public var rootfs: String?
  /// RFC 3339 with nanoseconds. Written by runc, not in the specification.
  public var created: String?
  /// The user who created the container. Written by runc, not in the specification.
  public var owner: String?
  public var annotations: [KeyValue]

  public init(
    ociVersion: String, id: String, status: ContainerStatus, pid: Int32, bundle: String,
    rootfs: String? = nil, created: String? = nil, owner: String? = nil, annotations: [KeyValue] = []
  ) {
    self.ociVersion = ociVersion
    self.id = id
    self.status = status
    self.pid = pid
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.owner = owner
    self.annotations = annotations
  }
}

/// The phases of a container's life; `paused` is runc's.
public enum ContainerStatus: String, CaseIterable, Sendable {
  case creating, created, running, paused, stopped
}
