// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension Resources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("devices", devices)
      json.member("memory", memory)
      json.member("cpu", cpu)
      json.member("pids", pids)
      json.member("blockIO", blockIO)
      json.list("hugepageLimits", hugepageLimits)
      json.member("network", network)
      encodeRdma(to: &json)
      json.pairs("unified", unified)
    }
  }

  private func encodeRdma(to json: inout JSONWriter) {
    if rdma.isEmpty { return }
    json.member("rdma") { json in
      json.object { json in
        for limit in rdma {
          json.member(limit.device) { json in
            json.object { json in
              json.member("hcaHandles", limit.hcaHandles)
              json.member("hcaObjects", limit.hcaObjects)
            }
          }
        }
      }
    }
  }
}

extension DeviceRule: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("allow", allow)
      if type != .all { json.member("type", type) }
      json.member("major", major)
      json.member("minor", minor)
      json.member("access", access.description)
    }
  }
}

extension MemoryResources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("limit", limit)
      json.member("reservation", reservation)
      json.member("swap", swap)
      json.member("kernel", kernel)
      json.member("kernelTCP", kernelTCP)
      json.member("swappiness", swappiness)
      json.member("disableOOMKiller", disableOOMKiller)
      json.member("useHierarchy", useHierarchy)
      json.member("checkBeforeUpdate", checkBeforeUpdate)
    }
  }
}

extension CPUResources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("shares", shares)
      json.member("quota", quota)
      json.member("burst", burst)
      json.member("period", period)
      json.member("realtimeRuntime", realtimeRuntime)
      json.member("realtimePeriod", realtimePeriod)
      json.member("cpus", cpus)
      json.member("mems", mems)
      json.member("idle", idle)
    }
  }
}

extension PidsResources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { $0.member("limit", limit) }
  }
}

extension BlockIOResources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("weight", weight)
      json.member("leafWeight", leafWeight)
      json.list("weightDevice", weightDevice)
      json.list("throttleReadBpsDevice", throttleReadBpsDevice)
      json.list("throttleWriteBpsDevice", throttleWriteBpsDevice)
      json.list("throttleReadIOPSDevice", throttleReadIOPSDevice)
      json.list("throttleWriteIOPSDevice", throttleWriteIOPSDevice)
    }
  }
}

extension WeightDevice: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("major", major)
      json.member("minor", minor)
      json.member("weight", weight)
      json.member("leafWeight", leafWeight)
    }
  }
}

extension ThrottleDevice: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("major", major)
      json.member("minor", minor)
      json.member("rate", rate)
    }
  }
}

extension HugepageLimit: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("pageSize", pageSize)
      json.member("limit", limit)
    }
  }
}

extension NetworkResources: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("classID", classID)
      json.list("priorities", priorities)
    }
  }
}

extension InterfacePriority: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("name", name)
      json.member("priority", priority)
    }
  }
}
