// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux
internal import Linux

/// Finds out why execve(2) refused a program, from inside the container, so that the reader need not guess.
enum ExecDiagnosis {
  /// A sentence for the caller and the exit status that shells use: 127 for "not found", 126 for "cannot be executed".
  static func explain(_ path: String, _ error: SyscallError) -> StepFailure {
    let call = error.errno == .noSystemCall && error.call == "access" ? "faccessat2: " : ""
    let phrase = "exec \(path): \(call)\(error.errno)"
    let isMissing = error.errno == .noEntry || error.errno == .notDirectory
    let status = isMissing ? RuntimeError.notFoundStatus : RuntimeError.notExecutableStatus
    let reason = reason(path, error.errno)
    return StepFailure(reason.map { "\(phrase): \($0)" } ?? phrase, exitStatus: status)
  }

  private static func reason(_ path: String, _ errno: Errno) -> String? {
    // Everything here is an attempt to say more; where it fails, the kernel's word stands.
    // path: in the container, with the program's rights, as execve(2) did; only words come of it
    guard let file = try? openat(.workingDirectory, path, [.readOnly, .nonBlocking]),  // bestEffort
      let status = try? fstat(file.fd)  // bestEffort
    else {
      return errno == .accessDenied ? describePermissions(path) : nil
    }
    if errno == .accessDenied, let reason = describeRefusal(path, file.fd, status) { return reason }
    guard status.isRegular, let head = try? read(file.fd, upTo: 4096) else { return nil }  // bestEffort
    if head.starts(with: [0x23, 0x21]) { return describeScript(path, head, errno) }
    if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return describeELF(path, file.fd, head, errno) }
    if errno == .execFormat {
      return head.isEmpty ? "the file is empty" : "not an ELF file and no #! line"
    }
    return nil
  }

  // MARK: Scripts

  private static func describeScript(_ path: String, _ head: [UInt8], _ errno: Errno) -> String? {
    let line = head.dropFirst(2).prefix { $0 != 0x0A }
    let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }
    let interpreterBytes = trimmed.prefix { $0 != 0x20 && $0 != 0x09 }
    if interpreterBytes.last == 0x0D {
      let name = String(decoding: interpreterBytes.dropLast(), as: UTF8.self)
      return "its interpreter is '\(name)\\r': the script has Windows (CRLF) line ends"
    }
    let interpreter = String(decoding: interpreterBytes, as: UTF8.self)
    if interpreter.isEmpty { return "its #! line names no interpreter" }
    // path: the same
    guard let status = try? fstatat(.workingDirectory, interpreter) else {  // bestEffort
      return "\(path) starts with #!\(interpreter), and \(interpreter) is not in the container"
    }
    if status.mode & 0o111 == 0 { return "its interpreter \(interpreter) is not executable" }
    if errno == .accessDenied {
      return describePermissions(interpreter).map { "its interpreter \(interpreter): \($0)" }
    }
    return errno == .noEntry ? "the loader of its interpreter \(interpreter) is not in the container" : nil
  }

  // MARK: ELF

  private static func describeELF(_ path: String, _ file: FD, _ head: [UInt8], _ errno: Errno) -> String? {
    guard head.count >= 20 else { return "the ELF header is cut off" }
    let littleEndian = head[5] == 1
    func number(_ offset: Int) -> UInt16 {
      let (a, b) = (UInt16(head[offset]), UInt16(head[offset + 1]))
      return littleEndian ? a | b << 8 : b | a << 8
    }
    let machine = number(18)
    if errno == .execFormat, machine != Architecture.machine {
      let built = Architecture.names[machine] ?? "machine \(machine)"
      let host = Architecture.names[Architecture.machine] ?? "another machine"
      return "built for \(built); this host is \(host); no binfmt_misc handler registered"
    }
    guard errno == .noEntry, let loader = interpreter(of: file, head) else { return nil }
    // path: the same
    if (try? fstatat(.workingDirectory, loader)) != nil { return nil }  // bestEffort
    return
      "\(path) needs the loader \(loader), which the image lacks (glibc binary in a musl or scratch image?)"
  }

  /// The `PT_INTERP` string of a 64-bit little-endian ELF file.
  private static func interpreter(of file: FD, _ head: [UInt8]) -> String? {
    guard head.count >= 64, head[4] == 2, head[5] == 1 else { return nil }
    func word(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<size where offset + index < bytes.count {
        value |= UInt64(bytes[offset + index]) << UInt64(8 * index)
      }
      return value
    }
    let tableOffset = word(head, 32, 8)
    let count = min(word(head, 56, 2), 64)
    for index in 0..<count {
      let (offset, overflow) = tableOffset.addingReportingOverflow(index * 56)
      guard !overflow, let at = Int64(exactly: offset),
        let entry = try? pread(file, upTo: 56, at: at), entry.count == 56  // bestEffort
      else { return nil }
      guard word(entry, 0, 4) == 3 else { continue }
      guard let start = Int64(exactly: word(entry, 8, 8)),
        let name = try? pread(file, upTo: Int(min(word(entry, 32, 8), 4096)), at: start)  // bestEffort
      else { return nil }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }

  // MARK: Permissions

  private static func describePermissions(_ path: String) -> String? {
    // path: the same
    guard let status = try? fstatat(.workingDirectory, path) else { return nil }  // bestEffort
    if status.isDirectory { return "it is a directory" }
    if !status.isRegular { return "it is not a regular file" }
    if let mounted = try? statfs(path), mounted.isNoExec {  // bestEffort
      return "its file system is mounted noexec"
    }
    let mode = String(status.mode & 0o7777, radix: 8)
    if status.mode & 0o111 == 0 {
      return "mode \(mode), owner \(status.uid):\(status.gid): no execute permission; try chmod +x"
    }
    let (uid, gid) = (effectiveUserID(), effectiveGroupID())
    return "mode \(mode), owner \(status.uid):\(status.gid); the program is started as \(uid):\(gid)"
  }

  /// A file that may be executed itself is refused for its interpreter's sake.
  private static func describeRefusal(_ path: String, _ file: FD, _ status: FileStatus) -> String? {
    // path: the same
    if (try? checkExecutable(.workingDirectory, path)) != nil, status.isRegular,  // bestEffort
      let head = try? pread(file, upTo: 4096, at: 0), head.starts(with: [0x23, 0x21])  // bestEffort
    {
      return describeScript(path, head, .accessDenied)
    }
    return describePermissions(path)
  }
}

/// ELF machine numbers (elf(5), `e_machine`).
enum Architecture {
  static let names: [UInt16: String] = [
    3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
    243: "riscv", 258: "loongarch",
  ]

  #if arch(x86_64)
    static let machine: UInt16 = 62
  #elseif arch(arm64)
    static let machine: UInt16 = 183
  #else
    static let machine: UInt16 = 0
  #endif
}
