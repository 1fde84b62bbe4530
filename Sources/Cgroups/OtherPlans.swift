// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

extension ResourcePlanner {
  /// `linux.resources.pids.limit`: any negative number is "no limit".
  ///
  /// 0 is a limit like any other: whoever is in the cgroup stays, and nobody is made there. A process cannot be cloned
  /// into such a cgroup, so on version 2 it is written when the container's is there. systemd takes no 0.
  mutating func addPids(_ pids: PidsResources) throws(CgroupError) {
    guard let limit = pids.limit else { return }
    let field = "/linux/resources/pids/limit"
    let value = limit < 0 ? "max" : String(admitsNoTask ? limit : max(limit, 1))
    let place = try place(.pids, field: field)
    var write = FileWrite("pids.max", value, field: field)
    write.isLate = limit == 0 && admitsNoTask && place.version == .v2 && !isUpdate
    self.write(write, at: place, .pids)
  }

  /// `linux.resources.hugepageLimits`: pages in use and, where the kernel has that file (Linux 5.7), reservations.
  mutating func addHugepages(_ limits: [HugepageLimit]) throws(CgroupError) {
    for (number, limit) in limits.enumerated() {
      let base = "/linux/resources/hugepageLimits/\(number)/"
      guard isPageSize(limit.pageSize) else {
        throw CgroupError(
          .invalidValue, field: base + "pageSize",
          "\"\(limit.pageSize)\" is not a page size like 64KB, 2MB or 1GB")
      }
      let field = base + "limit"
      let place = try place(.hugetlb, field: field)
      let suffix = place.version == .v1 ? "limit_in_bytes" : "max"
      let prefix = "hugetlb.\(limit.pageSize)."
      write(FileWrite(prefix + suffix, String(limit.limit), field: field), at: place, .hugetlb)
      var reserved = FileWrite(prefix + "rsvd." + suffix, String(limit.limit), field: field)
      reserved.isOptional = true
      write(reserved, at: place, .hugetlb)
    }
  }

  /// A number without leading zero, then KB, MB or GB: it becomes part of a file's name.
  private func isPageSize(_ text: String) -> Bool {
    let bytes = text.utf8
    let digits = bytes.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard let first = digits.first, first != UInt8(ascii: "0"), digits.count < 10 else { return false }
    let unit = bytes.dropFirst(digits.count)
    return ["KB", "MB", "GB"].contains { unit.elementsEqual($0.utf8) }
  }

  /// `linux.resources.network`, which only version 1 has.
  mutating func addNetwork(_ network: NetworkResources) throws(CgroupError) {
    let base = "/linux/resources/network/"
    if let classID = network.classID, classID != 0 {
      let field = base + "classID"
      try refuseOnV2(field, "mark packets with nftables' \"socket cgroupv2\" instead")
      write(
        FileWrite("net_cls.classid", String(classID), field: field), at: try place(.netCls, field: field),
        .netCls)
    }
    for (number, entry) in network.priorities.enumerated() {
      let field = base + "priorities/\(number)"
      let isName =
        !entry.name.isEmpty
        && entry.name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7F }
      if !isName || entry.name.utf8.count > 15 {
        throw CgroupError(
          .invalidValue, field: field + "/name", "\"\(entry.name)\" is not a network interface's name")
      }
      try refuseOnV2(field, "set priorities with nftables instead")
      write(
        FileWrite("net_prio.ifpriomap", "\(entry.name) \(entry.priority)", field: field + "/priority"),
        at: try place(.netPrio, field: field), .netPrio)
    }
  }

  private func refuseOnV2(_ field: String, _ remedy: String) throws(CgroupError) {
    if host.layout == .v2 { throw unsupported(field, "cgroup v2 has no such controller: \(remedy)") }
  }

  /// `linux.resources.rdma`: a device's numbers are one write.
  mutating func addRdma(_ limits: [RdmaLimit]) throws(CgroupError) {
    for limit in limits {
      let field = "/linux/resources/rdma/" + pointerToken(limit.device)
      if limit.device.isEmpty || !limit.device.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) {
        throw CgroupError(.invalidValue, field: field, "\"\(limit.device)\" is not an RDMA device's name")
      }
      var value = limit.device
      if let handles = limit.hcaHandles { value += " hca_handle=\(handles)" }
      if let objects = limit.hcaObjects { value += " hca_object=\(objects)" }
      write(FileWrite("rdma.max", value, field: field), at: try place(.rdma, field: field), .rdma)
    }
  }

  /// `linux.resources.unified`: files of version 2 and their content, line by line, after everything else.
  mutating func addUnified(_ files: [KeyValue]) throws(CgroupError) {
    for entry in files {
      let field = "/linux/resources/unified/" + pointerToken(entry.key)
      let controller = try checkUnifiedKey(entry.key, field: field)
      guard let index = host.unified else {
        throw unsupported(
          field,
          "invalid configuration: unified resources need cgroup v2, which this host does not have: use the other fields"
        )
      }
      var required: CgroupControllers = []
      if !controller.elementsEqual("cgroup".utf8) {
        required = CgroupControllers(name: controller)
        if required.isEmpty || !host.hierarchies[index].controllers.contains(required) {
          let name = String(decoding: controller, as: UTF8.self)
          let elsewhere = !required.isEmpty && host.index(of: required) != nil
          throw CgroupError(
            .controllerAbsent, field: field,
            "invalid configuration: unified resource \"\(entry.key)\" can't be set: controller \"\(name)\" not available on cgroup v2"
              + (elsewhere ? ": on this host it belongs to cgroup v1, so use the other fields" : ""))
        }
      }
      for line in entry.value.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
        write(
          FileWrite(entry.key, String(decoding: line, as: UTF8.self), field: field),
          at: Place(index: index, version: .v2), required)
      }
    }
  }

  /// - Returns: what stands before the first dot.
  private func checkUnifiedKey(_ key: String, field: String) throws(CgroupError) -> Substring.UTF8View {
    let bytes = key.utf8
    if bytes.contains(UInt8(ascii: "/")) || bytes.contains(0) {
      throw CgroupError(
        .invalidValue, field: field, "unified resource \"\(key)\" must be a file name (no slashes)")
    }
    guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), dot != bytes.startIndex,
      bytes.index(after: dot) != bytes.endIndex
    else {
      throw CgroupError(
        .invalidValue, field: field, "unified resource \"\(key)\" must be in the form CONTROLLER.PARAMETER")
    }
    // These act on processes, the container's or anybody's; none is a resource.
    if ["cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze"].contains(key) {
      throw CgroupError(.invalidValue, field: field, "\"\(key)\" is not a resource")
    }
    return Substring(key).utf8[..<dot]
  }
}

/// A key as part of a JSON pointer (RFC 6901).
func pointerToken(_ key: String) -> String {
  guard key.utf8.contains(UInt8(ascii: "/")) || key.utf8.contains(UInt8(ascii: "~")) else { return key }
  var result: [UInt8] = []
  for byte in key.utf8 {
    switch byte {
    case UInt8(ascii: "~"): result += "~0".utf8
    case UInt8(ascii: "/"): result += "~1".utf8
    default: result.append(byte)
    }
  }
  return String(decoding: result, as: UTF8.self)
}
