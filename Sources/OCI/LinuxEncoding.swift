// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension LinuxConfig: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("uidMappings", uidMappings)
      json.list("gidMappings", gidMappings)
      json.pairs("sysctl", sysctl)
      json.member("resources", resources)
      json.member("cgroupsPath", cgroupsPath)
      json.list("namespaces", namespaces)
      json.list("devices", devices)
      encodeNetDevices(to: &json)
      json.member("seccomp", seccomp)
      json.member("rootfsPropagation", rootfsPropagation)
      json.list("maskedPaths", maskedPaths)
      json.list("readonlyPaths", readonlyPaths)
      json.member("mountLabel", mountLabel)
      json.member("intelRdt", intelRdt)
      json.member("memoryPolicy", memoryPolicy)
      json.member("personality", personality)
      json.member("timeOffsets", timeOffsets)
    }
  }

  private func encodeNetDevices(to json: inout JSONWriter) {
    if netDevices.isEmpty { return }
    json.member("netDevices") { json in
      json.object { json in
        for device in netDevices {
          json.member(device.hostName) { $0.object { $0.member("name", device.name) } }
        }
      }
    }
  }
}

extension Namespace: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("type", type)
      json.member("path", path)
    }
  }
}

extension IDMapping: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("containerID", containerID)
      json.member("hostID", hostID)
      json.member("size", size)
    }
  }
}

extension TimeOffsets: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("monotonic", monotonic)
      json.member("boottime", boottime)
    }
  }
}

extension TimeOffset: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.nonzero("secs", secs)
      json.nonzero("nanosecs", nanosecs)
    }
  }
}

extension Device: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("path", path)
      json.member("type", type)
      json.member("major", major)
      json.member("minor", minor)
      json.member("fileMode", fileMode)
      json.member("uid", uid)
      json.member("gid", gid)
    }
  }
}

extension Personality: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("domain", domain)
      json.list("flags", flags)
    }
  }
}

extension IntelRdt: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("closID", closID)
      json.list("schemata", schemata)
      json.member("l3CacheSchema", l3CacheSchema)
      json.member("memBwSchema", memBwSchema)
      json.flag("enableMonitoring", enableMonitoring)
    }
  }
}

extension MemoryPolicy: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("mode", mode)
      json.member("nodes", nodes)
      json.list("flags", flags)
    }
  }
}

// MARK: Seccomp

extension SeccompProfile: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("defaultAction", defaultAction)
      json.member("defaultErrnoRet", defaultErrnoRet)
      json.list("architectures", architectures)
      // An empty list is not the same as none.
      json.member("flags", flags.map { $0.map { $0.rawValue } })
      json.member("listenerPath", listenerPath)
      json.member("listenerMetadata", listenerMetadata)
      json.list("syscalls", syscalls)
    }
  }
}

extension SeccompRule: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("names", names)
      json.member("action", action)
      json.member("errnoRet", errnoRet)
      json.list("args", args)
    }
  }
}

extension SeccompArgument: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("index", index)
      json.member("value", value)
      json.nonzero("valueTwo", valueTwo)
      json.member("op", op)
    }
  }
}
