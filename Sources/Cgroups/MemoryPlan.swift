// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import OCI

extension ResourcePlanner {
  /// `linux.resources.memory`. As with runc, -1 is "no limit" and 0 leaves a value alone.
  mutating func addMemory(_ memory: MemoryResources) throws(CgroupError) {
    let base = "/linux/resources/memory/"
    let limit = memory.limit ?? 0
    let swap = memory.swap ?? 0
    let reservation = memory.reservation ?? 0
    try checkLimit(limit, field: base + "limit")
    try checkLimit(swap, field: base + "swap")
    try checkLimit(reservation, field: base + "reservation")
    // Both versions need the pair to make sense; asked here, before anything exists.
    let knownLimit = limit == 0 ? live.memory : limit
    if !isUpdate || knownLimit != 0 { _ = try SwapLimit(memory: knownLimit, memorySwap: swap) }
    guard isSet(memory, limit, swap, reservation) else { return }

    let place = try place(.memory, field: firstField(memory, limit, swap, reservation))
    switch place.version {
    case .v1: try addMemoryV1(memory, limit, swap, reservation, place)
    case .v2: try addMemoryV2(memory, limit, swap, reservation, place)
    }
  }

  private func isSet(_ memory: MemoryResources, _ limit: Int64, _ swap: Int64, _ reservation: Int64) -> Bool {
    limit != 0 || swap != 0 || reservation != 0 || memory.kernel ?? 0 != 0 || memory.kernelTCP ?? 0 != 0
      || swappiness(memory) != nil || memory.disableOOMKiller == true
      || (isUpdate && memory.disableOOMKiller == false) || memory.useHierarchy != nil
  }

  private func firstField(
    _ memory: MemoryResources, _ limit: Int64, _ swap: Int64, _ reservation: Int64
  ) -> String {
    let base = "/linux/resources/memory/"
    if limit != 0 { return base + "limit" }
    if swap != 0 { return base + "swap" }
    if reservation != 0 { return base + "reservation" }
    if memory.kernel ?? 0 != 0 { return base + "kernel" }
    if memory.kernelTCP ?? 0 != 0 { return base + "kernelTCP" }
    if swappiness(memory) != nil { return base + "swappiness" }
    return base + (memory.disableOOMKiller != nil ? "disableOOMKiller" : "useHierarchy")
  }

  /// Docker of old writes -1, which arrives as the largest number, for "leave it alone".
  private func swappiness(_ memory: MemoryResources) -> UInt64? {
    memory.swappiness == .max ? nil : memory.swappiness
  }

  private mutating func addMemoryV1(
    _ memory: MemoryResources, _ limit: Int64, _ swap: Int64, _ reservation: Int64, _ place: Place
  ) throws(CgroupError) {
    let base = "/linux/resources/memory/"
    if let useHierarchy = memory.useHierarchy {
      // Since Linux 5.11 this is always 1, and 0 is refused with EINVAL.
      put("memory.use_hierarchy", useHierarchy ? "1" : "0", base + "useHierarchy", place)
    }
    // The kernel keeps limit <= memsw at all times: for a new cgroup this order works, for a live one the writes are
    // repeated in the other.
    if limit != 0 {
      put("memory.limit_in_bytes", String(limit), base + "limit", place, isOrdered: true)
    }
    if swap != 0 {
      put("memory.memsw.limit_in_bytes", String(swap), base + "swap", place, isOrdered: true)
    } else if limit == -1 {
      put(
        "memory.memsw.limit_in_bytes", "-1", base + "limit", place, isOptional: true, isOrdered: true)
    }
    if reservation != 0 {
      put("memory.soft_limit_in_bytes", String(reservation), base + "reservation", place)
    }
    try addKernelMemoryV1(memory, place)
    if memory.disableOOMKiller == true || (isUpdate && memory.disableOOMKiller == false) {
      put(
        "memory.oom_control", memory.disableOOMKiller == true ? "1" : "0", base + "disableOOMKiller", place)
    }
    if let value = swappiness(memory) {
      if value > 100 {
        throw CgroupError(
          .invalidValue, field: base + "swappiness",
          "invalid memory swappiness value: \(value) (valid range is 0-100)")
      }
      put("memory.swappiness", String(value), base + "swappiness", place)
    }
  }

  /// Deprecated: kernels since 5.16 accept the first value and do nothing, later ones lack the file.
  private mutating func addKernelMemoryV1(
    _ memory: MemoryResources, _ place: Place
  ) throws(CgroupError) {
    let base = "/linux/resources/memory/"
    if let kernel = memory.kernel, kernel != 0 {
      try checkLimit(kernel, field: base + "kernel")
      put("memory.kmem.limit_in_bytes", String(kernel), base + "kernel", place, isOptional: true)
    }
    if let kernelTCP = memory.kernelTCP, kernelTCP != 0 {
      try checkLimit(kernelTCP, field: base + "kernelTCP")
      put("memory.kmem.tcp.limit_in_bytes", String(kernelTCP), base + "kernelTCP", place, isOptional: true)
    }
  }

  private mutating func addMemoryV2(
    _ memory: MemoryResources, _ limit: Int64, _ swap: Int64, _ reservation: Int64, _ place: Place
  ) throws(CgroupError) {
    let base = "/linux/resources/memory/"
    if memory.disableOOMKiller == true {
      throw unsupported(
        base + "disableOOMKiller", "cgroup v2 cannot turn the OOM killer off: leave the field out")
    }
    if memory.useHierarchy == false {
      throw unsupported(
        base + "useHierarchy", "cgroup v2 always accounts hierarchically: leave the field out")
    }
    if swappiness(memory) != nil {
      throw unsupported(
        base + "swappiness", "cgroup v2 has no swappiness per cgroup: limit memory.swap instead")
    }
    for (value, name) in [(memory.kernel, "kernel"), (memory.kernelTCP, "kernelTCP")] where value ?? 0 != 0 {
      note(base + name, "ignored: cgroup v2 counts the kernel's memory in memory.limit")
    }
    let swapLimit = try SwapLimit(memory: limit == 0 ? live.memory : limit, memorySwap: swap)
    let swapField = swap == 0 ? base + "limit" : base + "swap"
    switch swapLimit {
    case .unset: break
    case .max: put("memory.swap.max", "max", swapField, place, isOptional: true)
    // Without swap accounting there is nothing that "no swap" would have to forbid.
    case .bytes(let bytes): put("memory.swap.max", String(bytes), swapField, place, isOptional: bytes == 0)
    }
    if limit != 0 { put("memory.max", maxOr(limit), base + "limit", place) }
    if reservation != 0 { put("memory.low", maxOr(reservation), base + "reservation", place) }
  }

  private func maxOr(_ value: Int64) -> String { value == -1 ? "max" : String(value) }

  private mutating func put(
    _ file: String, _ value: String, _ field: String, _ place: Place, isOptional: Bool = false,
    isOrdered: Bool = false
  ) {
    var write = FileWrite(file, value, field: field)
    write.isOptional = isOptional
    write.isOrdered = isOrdered
    self.write(write, at: place, .memory)
  }
}
