// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

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

// MARK: JSON

extension State: JSONDecodable, JSONEncodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    ociVersion = try object.required("ociVersion").string()
    id = try object.required("id").string()
    status = try object.required("status").word()
    pid = try object.integer("pid", in: 0...Int32.max) ?? 0
    bundle = try object.required("bundle").string()
    rootfs = try object.text("rootfs")
    created = try object.text("created")
    owner = try object.text("owner")
    annotations = try object.pairs("annotations")
  }

  /// Writes the members that runc writes, in its order.
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("ociVersion", ociVersion)
      json.member("id", id)
      json.member("pid", pid)
      json.member("status", status)
      json.member("bundle", bundle)
      json.member("rootfs", rootfs)
      json.member("created", created)
      json.pairs("annotations", annotations)
      json.member("owner", owner)
    }
  }
}

/// What a seccomp agent gets besides the descriptor (`config-linux.md`, "The Container Process State").
public struct ContainerProcessState: Equatable, Sendable, JSONEncodable {
  /// The name of the seccomp listener in ``fds``.
  public static let seccompDescriptorName = "seccompFd"

  public var ociVersion: String
  /// The names of the descriptors that are sent along, in their order.
  public var fds: [String]
  /// The process as the runtime sees it.
  public var pid: Int32
  /// The profile's `listenerMetadata`.
  public var metadata: String?
  public var state: State

  public init(
    ociVersion: String, fds: [String] = [Self.seccompDescriptorName], pid: Int32, metadata: String? = nil,
    state: State
  ) {
    self.ociVersion = ociVersion
    self.fds = fds
    self.pid = pid
    self.metadata = metadata
    self.state = state
  }

  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("ociVersion", ociVersion)
      json.member("fds", fds)
      json.member("pid", pid)
      json.member("metadata", metadata)
      json.member("state", state)
    }
  }
}
