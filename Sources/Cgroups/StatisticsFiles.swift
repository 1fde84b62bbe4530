// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import Linux

/// Reads the files of one cgroup for ``CgroupStatistics``.
final class StatisticsFiles {
  private let directory: Descriptor
  let hostPath: String

  /// - Throws: when there is no such cgroup.
  init(hostPath: String) throws(CgroupError) {
    do throws(SyscallError) {
      directory = try openat(.workingDirectory, hostPath, [.readOnly, .directory])
    } catch {
      throw .refused("cannot open the cgroup \(hostPath)", error)
    }
    self.hostPath = hostPath
  }

  /// A file of one number.
  func number(_ file: String) throws(CgroupError) -> UInt64 {
    try numberIfPresent(file) ?? 0
  }

  /// Nil where the kernel has no such file.
  func numberIfPresent(_ file: String) throws(CgroupError) -> UInt64? {
    guard let bytes = try bytes(file) else { return nil }
    return try parse(bytes.prefix { $0 != UInt8(ascii: "\n") }, file)
  }

  func bytes(_ file: String) throws(CgroupError) -> [UInt8]? {
    try readBytesIfPresent(directory.fd, file, of: hostPath)
  }

  /// A file of lines `name number`.
  func table(_ file: String) throws(CgroupError) -> [CgroupStatistics.NamedValue] {
    guard let bytes = try bytes(file) else { return [] }
    var result: [CgroupStatistics.NamedValue] = []
    for line in lines(bytes) {
      let parts = words(line)
      guard parts.count == 2 else { throw malformed(line, file) }
      result.append(.init(name: String(decoding: parts[0], as: UTF8.self), value: try parse(parts[1], file)))
    }
    return result
  }

  /// The names of the directory's files.
  func names() throws(CgroupError) -> [String] {
    do throws(SyscallError) {
      return try listDirectory(directory.fd).compactMap { $0.isDirectory ? nil : $0.name }
    } catch {
      throw .refused("cannot list \(hostPath)", error)
    }
  }

  /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same for `full`.
  func pressure(_ file: String) throws(CgroupError) -> CgroupStatistics.Pressure? {
    guard let bytes = try bytes(file) else { return nil }
    var result = CgroupStatistics.Pressure()
    for line in lines(bytes) {
      let parts = words(line)
      guard let kind = parts.first else { continue }
      var stall = CgroupStatistics.Pressure.Stall()
      for part in parts.dropFirst() {
        let pair = part.split(separator: UInt8(ascii: "="))
        guard pair.count == 2 else { throw malformed(line, file) }
        switch String(decoding: pair[0], as: UTF8.self) {
        case "avg10": stall.average10 = try decimal(pair[1], file)
        case "avg60": stall.average60 = try decimal(pair[1], file)
        case "avg300": stall.average300 = try decimal(pair[1], file)
        case "total": stall.total = try parse(pair[1], file)
        default: continue
        }
      }
      if kind.elementsEqual("some".utf8) { result.some = stall }
      if kind.elementsEqual("full".utf8) { result.full = stall }
    }
    return result
  }

  /// The sizes in the names `hugetlb.SIZE.current` or `hugetlb.SIZE.usage_in_bytes`.
  func hugepageSizes(suffix: String) throws(CgroupError) -> [String] {
    try names().compactMap { name in
      let parts = name.utf8.split(separator: UInt8(ascii: "."))
      let isMeant =
        parts.count == 3 && parts[0].elementsEqual("hugetlb".utf8) && parts[2].elementsEqual(suffix.utf8)
      return isMeant ? String(parts[1]) : nil
    }
  }

  /// `device hca_handle=2 hca_object=max`, from `rdma.current` and `rdma.max`.
  func rdma() throws(CgroupError) -> [CgroupStatistics.Rdma] {
    var result: [CgroupStatistics.Rdma] = []
    for line in lines(try bytes("rdma.current") ?? []) {
      let (device, handles, objects) = try rdmaLine(line, "rdma.current")
      result.append(.init(device: device, handles: handles, objects: objects))
    }
    for line in lines(try bytes("rdma.max") ?? []) {
      let (device, handles, objects) = try rdmaLine(line, "rdma.max")
      // A device may vanish between the two.
      guard let index = result.firstIndex(where: { $0.device == device }) else { continue }
      result[index].handleLimit = handles
      result[index].objectLimit = objects
    }
    return result
  }

  private func rdmaLine(
    _ line: ArraySlice<UInt8>, _ file: String
  ) throws(CgroupError) -> (String, UInt64, UInt64) {
    let parts = words(line)
    guard let device = parts.first else { throw malformed(line, file) }
    var (handles, objects) = (UInt64(0), UInt64(0))
    for part in parts.dropFirst() {
      let pair = part.split(separator: UInt8(ascii: "="))
      guard pair.count == 2 else { throw malformed(line, file) }
      if pair[0].elementsEqual("hca_handle".utf8) { handles = try parse(pair[1], file) }
      if pair[0].elementsEqual("hca_object".utf8) { objects = try parse(pair[1], file) }
    }
    return (String(decoding: device, as: UTF8.self), handles, objects)
  }

  func parse(_ text: some Collection<UInt8>, _ file: String) throws(CgroupError) -> UInt64 {
    guard let value = parseNumber(text) else { throw malformed(text, file) }
    return value
  }

  /// The kernel prints two digits after the point.
  private func decimal(_ text: ArraySlice<UInt8>, _ file: String) throws(CgroupError) -> Double {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count == 2, let whole = parseNumber(parts[0]),
      let hundredths = parseNumber(parts[1])
    else { throw malformed(text, file) }
    return Double(whole) + Double(hundredths) / 100
  }

  func malformed(_ text: some Collection<UInt8>, _ file: String) -> CgroupError {
    CgroupError(
      .refused, "cannot understand \"\(String(decoding: text, as: UTF8.self))\" in \(hostPath)/\(file)")
  }
}
