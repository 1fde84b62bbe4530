// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension LinuxConfig: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    namespaces = try object.values("namespaces")
    uidMappings = try object.values("uidMappings")
    gidMappings = try object.values("gidMappings")
    timeOffsets = try object.value("timeOffsets")
    devices = try object.values("devices")
    netDevices = try NetDevice.decode(object.object("netDevices"))
    cgroupsPath = try object.text("cgroupsPath")
    resources = try object.value("resources")
    seccomp = try object.value("seccomp")
    rootfsPropagation = try object.word("rootfsPropagation")
    maskedPaths = try object.strings("maskedPaths") ?? []
    readonlyPaths = try object.strings("readonlyPaths") ?? []
    sysctl = try object.pairs("sysctl")
    mountLabel = try object.text("mountLabel")
    personality = try object.value("personality")
    intelRdt = try object.value("intelRdt")
    memoryPolicy = try object.value("memoryPolicy")
  }
}

extension Namespace: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    type = try object.required("type").word()
    path = try object.text("path")
  }
}

extension IDMapping: JSONDecodable {
  /// The highest user or group id, 4294967294.
  public static let highestID = UInt32.max - 1

  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    containerID = try object.required("containerID").integer(in: 0...Self.highestID)
    hostID = try object.required("hostID").integer(in: 0...Self.highestID)
    size = try object.required("size").integer(in: 1...UInt32.max)
  }
}

extension TimeOffsets: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    monotonic = try object.value("monotonic")
    boottime = try object.value("boottime")
    // The keys are a vocabulary: a clock that is not set would go unnoticed.
    for member in object.members where !["monotonic", "boottime"].contains(member.key) {
      throw member.value.error("no such clock; a time namespace has monotonic and boottime")
    }
  }
}

extension TimeOffset: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    secs = try object.integer("secs") ?? 0
    nanosecs = try object.integer("nanosecs", in: 0...999_999_999) ?? 0
  }
}

extension Device: JSONDecodable {
  /// The highest numbers that the kernel's 32-bit device numbers hold (`linux/kdev_t.h`).
  static let highestMajor: UInt32 = (1 << 12) - 1
  static let highestMinor: UInt32 = (1 << 20) - 1

  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    type = try object.required("type").word()
    path = try object.required("path").string()
    if type == .fifo {
      major = try object.integer("major", in: 0...Self.highestMajor) ?? 0
      minor = try object.integer("minor", in: 0...Self.highestMinor) ?? 0
    } else {
      major = try object.required("major").integer(in: 0...Self.highestMajor)
      minor = try object.required("minor").integer(in: 0...Self.highestMinor)
    }
    fileMode = try object["fileMode"].map(Self.permissions)
    uid = try object.id("uid")
    gid = try object.id("gid")
  }

  /// The permission bits. Engines that copy a mode from stat(2) write the type's bits too; `type` says the same.
  private static func permissions(_ value: JSONValue) throws(JSONError) -> UInt32 {
    let mode: UInt32 = try value.integer(in: 0...0o177777)
    return mode & 0o7777
  }
}

extension NetDevice {
  static func decode(_ object: JSONObject?) throws(JSONError) -> [NetDevice] {
    guard let object else { return [] }
    var devices: [NetDevice] = []
    for member in object.members {
      devices.append(NetDevice(hostName: member.key, name: try member.value.object().text("name")))
    }
    return devices
  }
}

extension Personality: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    domain = try object.required("domain").word()
    flags = try object.strings("flags") ?? []
  }
}

extension IntelRdt: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    closID = try object.text("closID")
    schemata = try object.strings("schemata") ?? []
    l3CacheSchema = try object.text("l3CacheSchema")
    memBwSchema = try object.text("memBwSchema")
    enableMonitoring = try object.bool("enableMonitoring") ?? false
  }
}

extension MemoryPolicy: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    mode = try object.required("mode").word()
    nodes = try object.text("nodes")
    flags = try object.words("flags") ?? []
  }
}

// MARK: Seccomp

extension SeccompProfile: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    defaultAction = try object.required("defaultAction").word()
    defaultErrnoRet = try object.integer("defaultErrnoRet")
    architectures = try object.words("architectures") ?? []
    flags = try object.words("flags")
    listenerPath = try object.text("listenerPath")
    listenerMetadata = try object.text("listenerMetadata")
    syscalls = try object.values("syscalls")
  }
}

extension SeccompRule: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    names = try object.required("names").strings()
    action = try object.required("action").word()
    errnoRet = try object.integer("errnoRet")
    args = try object.values("args")
  }
}

extension SeccompArgument: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    index = try object.required("index").integer(in: 0...5)
    value = try object.required("value").integer()
    valueTwo = try object.integer("valueTwo") ?? 0
    op = try object.required("op").word()
  }
}
