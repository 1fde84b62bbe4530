// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

// Small files of cgroup file systems: reading, and the parsing that they share.

/// Opens something below a directory of a cgroup file system.
func openBelow(
  _ base: FD, _ path: String, _ flags: OpenFlags, _ hostPath: @autoclosure () -> String
) throws(CgroupError) -> Descriptor {
  do throws(SyscallError) {
    return try openat2(base, path, flags, resolve: [.beneath, .noSymlinks])
  } catch {
    throw .refused("cannot open the cgroup \(hostPath())", error)
  }
}

/// - Parameter hostPath: the directory's, for the error.
func readBytes(
  _ directory: FD, _ file: String, of hostPath: @autoclosure () -> String
) throws(CgroupError) -> [UInt8] {
  do throws(SyscallError) {
    return try readKernelFile(directory, file)
  } catch {
    throw .refused("cannot read \(hostPath())/\(file)", error)
  }
}

/// Like ``readBytes(_:_:of:)``; nil where the kernel has no such file.
func readBytesIfPresent(
  _ directory: FD, _ file: String, of hostPath: @autoclosure () -> String
) throws(CgroupError) -> [UInt8]? {
  do throws(SyscallError) {
    return try readKernelFile(directory, file)
  } catch {
    // Pressure files exist but answer EOPNOTSUPP where the kernel was booted without them.
    if error.errno == .noEntry || error.errno == .notSupported { return nil }
    throw .refused("cannot read \(hostPath())/\(file)", error)
  }
}

/// The first line without its end.
func readWord(
  _ directory: FD, _ file: String, of hostPath: @autoclosure () -> String
) throws(CgroupError) -> ArraySlice<UInt8> {
  try readBytes(directory, file, of: hostPath()).prefix { $0 != UInt8(ascii: "\n") }
}

/// The number beside a key in a file of lines `key number`; nil without such a line.
func readKey(
  _ key: String, _ directory: FD, _ file: String, of hostPath: @autoclosure () -> String
) throws(CgroupError) -> UInt64? {
  number(for: key, in: try readBytes(directory, file, of: hostPath()))
}

func readControllers(
  _ directory: FD, _ file: String, of hostPath: @autoclosure () -> String
) throws(CgroupError) -> CgroupControllers {
  CgroupControllers(list: try readWord(directory, file, of: hostPath()), separator: UInt8(ascii: " "))
}

/// A decimal number; `max` is the largest. Nil for anything else.
func parseNumber(_ text: some Collection<UInt8>) -> UInt64? {
  if text.elementsEqual("max".utf8) { return .max }
  if text.isEmpty { return nil }
  var value: UInt64 = 0
  for byte in text {
    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
    let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflow) = shifted.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
    if tooLarge || overflow { return nil }
    value = sum
  }
  return value
}

/// What stands in `cpu.max`, or is to be written there: microseconds, -1 for no limit; nil for a period that is not given.
func parseCPUMax(_ text: some Collection<UInt8>) -> (quota: Int64, period: UInt64?)? {
  let words = text.prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "))
  guard 1...2 ~= words.count, let quota = parseNumber(words[0]) else { return nil }
  let isUnlimited = quota == .max
  if words.count == 1 { return (isUnlimited ? -1 : Int64(clamping: quota), nil) }
  guard let period = parseNumber(words[1]), period != .max else { return nil }
  return (isUnlimited ? -1 : Int64(clamping: quota), period)
}

/// The lines of a file.
func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  bytes.split(separator: UInt8(ascii: "\n"))
}

/// The words of a line.
func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
  line.split(separator: UInt8(ascii: " "))
}

func number(for key: String, in bytes: [UInt8]) -> UInt64? {
  for line in lines(bytes) {
    let parts = words(line)
    if parts.count == 2 && parts[0].elementsEqual(key.utf8) { return parseNumber(parts[1]) }
  }
  return nil
}
