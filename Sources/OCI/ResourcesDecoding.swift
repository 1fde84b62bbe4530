// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension Resources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    devices = try object.values("devices")
    memory = try object.value("memory")
    cpu = try object.value("cpu")
    pids = try object.value("pids")
    blockIO = try object.value("blockIO")
    hugepageLimits = try object.values("hugepageLimits")
    network = try object.value("network")
    rdma = try RdmaLimit.decode(object.object("rdma"))
    unified = try object.pairs("unified")
  }
}

extension DeviceRule: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    allow = try object.required("allow").bool()
    type = try object.word("type") ?? .all
    major = try Self.number(object["major"])
    minor = try Self.number(object["minor"])
    // To forbid without saying what forbids everything; to allow everything must be said.
    access = try object["access"].map(Self.access) ?? .all
    if allow, object["access"] == nil { throw object.missing("access") }
  }

  /// A device number, where -1 is an old way to write "every".
  private static func number(_ value: JSONValue?) throws(JSONError) -> UInt32? {
    guard let value else { return nil }
    let number: Int64 = try value.integer(in: -1...Int64(UInt32.max))
    return number < 0 ? nil : UInt32(truncatingIfNeeded: number)
  }

  private static func access(_ value: JSONValue) throws(JSONError) -> DeviceAccess {
    var access: DeviceAccess = []
    for letter in try value.string().utf8 {
      switch letter {
      case UInt8(ascii: "r"): access.insert(.read)
      case UInt8(ascii: "w"): access.insert(.write)
      case UInt8(ascii: "m"): access.insert(.mknod)
      default: throw value.mismatch(expected: "some of the letters r, w and m")
      }
    }
    if access.isEmpty { throw value.mismatch(expected: "some of the letters r, w and m") }
    return access
  }
}

extension MemoryResources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    limit = try object.integer("limit", in: -1...Int64.max)
    reservation = try object.integer("reservation", in: -1...Int64.max)
    swap = try object.integer("swap", in: -1...Int64.max)
    kernel = try object.integer("kernel", in: -1...Int64.max)
    kernelTCP = try object.integer("kernelTCP", in: -1...Int64.max)
    swappiness = try object.integer("swappiness", in: 0...100)
    disableOOMKiller = try object.bool("disableOOMKiller")
    useHierarchy = try object.bool("useHierarchy")
    checkBeforeUpdate = try object.bool("checkBeforeUpdate")
  }
}

extension CPUResources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    shares = try object.integer("shares")
    quota = try object.integer("quota", in: -1...Int64.max)
    burst = try object.integer("burst")
    period = try object.integer("period")
    realtimeRuntime = try object.integer("realtimeRuntime", in: -1...Int64.max)
    realtimePeriod = try object.integer("realtimePeriod")
    cpus = try object.text("cpus")
    mems = try object.text("mems")
    idle = try object.integer("idle", in: 0...1)
  }
}

extension PidsResources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    limit = try json.object().integer("limit", in: -1...Int64.max)
  }
}

extension BlockIOResources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    weight = try object.integer("weight")
    leafWeight = try object.integer("leafWeight")
    weightDevice = try object.values("weightDevice")
    throttleReadBpsDevice = try object.values("throttleReadBpsDevice")
    throttleWriteBpsDevice = try object.values("throttleWriteBpsDevice")
    throttleReadIOPSDevice = try object.values("throttleReadIOPSDevice")
    throttleWriteIOPSDevice = try object.values("throttleWriteIOPSDevice")
  }
}

extension WeightDevice: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    major = try object.required("major").integer()
    minor = try object.required("minor").integer()
    weight = try object.integer("weight")
    leafWeight = try object.integer("leafWeight")
  }
}

extension ThrottleDevice: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    major = try object.required("major").integer()
    minor = try object.required("minor").integer()
    rate = try object.required("rate").integer()
  }
}

extension HugepageLimit: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    pageSize = try object.required("pageSize").string()
    limit = try object.required("limit").integer()
  }
}

extension NetworkResources: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    classID = try object.integer("classID")
    priorities = try object.values("priorities")
  }
}

extension InterfacePriority: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    name = try object.required("name").string()
    priority = try object.required("priority").integer()
  }
}

extension RdmaLimit {
  static func decode(_ object: JSONObject?) throws(JSONError) -> [RdmaLimit] {
    guard let object else { return [] }
    var limits: [RdmaLimit] = []
    for member in object.members {
      let limit = try member.value.object()
      limits.append(
        RdmaLimit(
          device: member.key, hcaHandles: try limit.integer("hcaHandles"),
          hcaObjects: try limit.integer("hcaObjects")))
    }
    return limits
  }
}
