// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

extension ResourcePlanner {
  private var ioBase: String { "/linux/resources/blockIO/" }

  /// `linux.resources.blockIO`. A weight of 0 leaves it alone; a rate of 0 is "no limit".
  mutating func addBlockIO(_ io: BlockIOResources) throws(CgroupError) {
    if let weight = io.weight, weight != 0 {
      try checkWeight(weight, field: ioBase + "weight")
      try addWeight(weight, device: nil, field: ioBase + "weight")
    }
    if let weight = io.leafWeight, weight != 0 {
      try addLeafWeight(weight, device: nil, field: ioBase + "leafWeight")
    }
    for (number, device) in io.weightDevice.enumerated() {
      let field = ioBase + "weightDevice/\(number)/"
      let name = "\(device.major):\(device.minor)"
      if let weight = device.weight, weight != 0 {
        try checkWeight(weight, field: field + "weight")
        try addWeight(weight, device: name, field: field + "weight")
      }
      if let weight = device.leafWeight, weight != 0 {
        try addLeafWeight(weight, device: name, field: field + "leafWeight")
      }
    }
    try addThrottle(io.throttleReadBpsDevice, "throttleReadBpsDevice", v1: "read_bps_device", v2: "rbps")
    try addThrottle(io.throttleWriteBpsDevice, "throttleWriteBpsDevice", v1: "write_bps_device", v2: "wbps")
    try addThrottle(io.throttleReadIOPSDevice, "throttleReadIOPSDevice", v1: "read_iops_device", v2: "riops")
    try addThrottle(
      io.throttleWriteIOPSDevice, "throttleWriteIOPSDevice", v1: "write_iops_device", v2: "wiops")
  }

  private func checkWeight(_ weight: UInt16, field: String) throws(CgroupError) {
    if weight < 10 || weight > 1000 {
      throw CgroupError(.invalidValue, field: field, "\(weight) is not a weight from 10 to 1000")
    }
  }

  /// Which file there is depends on the I/O scheduler: BFQ brings its own, CFQ (until Linux 5.0) and, on version 2,
  /// io.cost have others.
  private mutating func addWeight(_ weight: UInt16, device: String?, field: String) throws(CgroupError) {
    let place = try place(.io, field: field)
    let prefix = device.map { $0 + " " } ?? ""
    let value = prefix + String(weight)
    let converted = prefix + String(ioWeight(blkioWeight: weight))
    var write: FileWrite
    switch (place.version, device == nil) {
    case (.v1, true):
      write = FileWrite("blkio.weight", value, field: field)
      write.alternatives = [.init("blkio.bfq.weight", value)]
    case (.v1, false):
      write = FileWrite("blkio.weight_device", value, field: field)
      write.alternatives = [.init("blkio.bfq.weight_device", value)]
    case (.v2, _):
      write = FileWrite("io.bfq.weight", value, field: field)
      write.alternatives = [.init("io.weight", converted)]
    }
    self.write(write, at: place, .io)
  }

  private mutating func addLeafWeight(
    _ weight: UInt16, device: String?, field: String
  ) throws(CgroupError) {
    try checkWeight(weight, field: field)
    let place = try place(.io, field: field)
    if place.version == .v2 {
      throw unsupported(field, "cgroup v2 has no leaf weight: leave the field out")
    }
    let write =
      device.map { FileWrite("blkio.leaf_weight_device", "\($0) \(weight)", field: field) }
      ?? FileWrite("blkio.leaf_weight", String(weight), field: field)
    self.write(write, at: place, .io)
  }

  private mutating func addThrottle(
    _ devices: [ThrottleDevice], _ name: String, v1: String, v2: String
  ) throws(CgroupError) {
    for (number, device) in devices.enumerated() {
      let field = ioBase + name + "/\(number)/rate"
      let place = try place(.io, field: field)
      let node = "\(device.major):\(device.minor)"
      switch place.version {
      case .v1:
        write(FileWrite("blkio.throttle." + v1, "\(node) \(device.rate)", field: field), at: place, .io)
      case .v2:
        let rate = device.rate == 0 ? "max" : String(device.rate)
        write(FileWrite("io.max", "\(node) \(v2)=\(rate)", field: field), at: place, .io)
      }
    }
  }
}
