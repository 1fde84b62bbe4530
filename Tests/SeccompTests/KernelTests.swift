// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Glibc
import OCI
import Testing

@testable import Seccomp

@Suite(
  "The kernel takes the filter and does as it says",
  .enabled(if: KernelHelper.compiler != nil, KernelHelper.absence))
struct KernelTests {
  private func withHelper(_ body: (KernelHelper) throws -> Void) throws {
    let helper = try KernelHelper()
    defer { helper.remove() }
    try body(helper)
  }

  private static func number(_ name: String) throws -> UInt32 {
    try #require(SyscallNumbers(named: name)?.number(in: NativeArchitecture.current.convention), "\(name)")
  }

  @Test("an instruction has the kernel's layout")
  func layout() {
    #expect(MemoryLayout<BPFInstruction>.size == 8)
    #expect(MemoryLayout<BPFInstruction>.stride == 8)
    #expect(MemoryLayout<BPFInstruction>.offset(of: \.code) == 0)
    #expect(MemoryLayout<BPFInstruction>.offset(of: \.skipIfTrue) == 2)
    #expect(MemoryLayout<BPFInstruction>.offset(of: \.skipIfFalse) == 3)
    #expect(MemoryLayout<BPFInstruction>.offset(of: \.operand) == 4)
  }

  @Test("the default profile")
  func defaultProfile() throws {
    let program = try SeccompProgram.compile(DefaultProfile(capabilities: DefaultProfileTests.usual).profile)
    let high: UInt64 = 1 << 40
    let cases: [(call: String, expected: KernelHelper.Outcome)] = [
      ("\(try Self.number("getpid"))", .errno(0)),
      ("\(try Self.number("unshare")),\(0x1000_0000 as UInt64 | high)", .errno(EPERM)),
      ("\(try Self.number("unshare")),0", .errno(0)),
      ("\(try Self.number("clone3")),0,0", .errno(ENOSYS)),
      ("\(try Self.number("keyctl")),0,0", .errno(EPERM)),
      ("\(try Self.number("io_uring_setup")),1,0", .errno(EPERM)),
      ("\(try Self.number("socket")),\(AF_ALG),5,0", .errno(EPERM)),
      ("\(try Self.number("socket")),\(AF_UNIX),1,0", .errno(0)),
      ("\(try Self.number("socket")),\(AF_NETLINK),3,9", .errno(EINVAL)),
      // A pipe or /dev/null would say ENOTTY.
      ("\(try Self.number("ioctl")),0,0x5412,0", .errno(EIO)),
      ("\(try Self.number("ioctl")),0,\(0x5412 as UInt64 | high),0", .errno(EIO)),
      ("\(try Self.number("ioctl")),0,0x5413,0", .errno(ENOTTY)),
      ("\(try Self.number("personality")),0xffffffff", .errno(0)),
      ("\(try Self.number("personality")),0x40000", .errno(EPERM)),
      ("1000", .errno(ENOSYS)),
    ]
    try withHelper { helper in
      let outcomes = try helper.outcomes(of: cases.map(\.call), under: program)
      #expect(outcomes.count == cases.count)
      for ((call, expected), outcome) in zip(cases, outcomes) {
        #expect(outcome == expected, "\(call)")
      }
    }
  }

  #if arch(x86_64)
    @Test("calls by i386's and x32's conventions")
    func otherConventions() throws {
      let strict = try SeccompProgram.compile(DefaultProfile(capabilities: []).profile)
      let both = try SeccompProgram.compile(
        DefaultProfile(capabilities: [], allows32BitPrograms: true).profile)
      let calls = ["i20", "i288,0", "\(0x4000_0000 | 39)"]
      try withHelper { helper in
        let ended = KernelHelper.Outcome.signal(SIGSYS)
        let without = try helper.outcomes(of: calls, under: strict)
        #expect(without == [ended, ended, ended])
        let with = try helper.outcomes(of: calls, under: both)
        #expect(with == [.errno(0), .errno(EPERM), ended])
      }
    }
  #endif

  @Test("every action, and the comparison of 64 bits")
  func actions() throws {
    var profile = SeccompProfile(defaultAction: .allow)
    profile.flags = [.log, .specAllow, .threadSync]
    profile.syscalls = [
      SeccompRule(names: ["getppid"], action: .errno, errnoRet: 95),
      SeccompRule(names: ["getuid"], action: .trap),
      SeccompRule(names: ["geteuid"], action: .killProcess),
      SeccompRule(names: ["getgid"], action: .kill),
      SeccompRule(names: ["getegid"], action: .trace),
      SeccompRule(names: ["umask"], action: .log),
      SeccompRule(
        names: ["close"], action: .errno, errnoRet: 94,
        args: [SeccompArgument(index: 0, value: 0x1_0000_0005, op: .greater)]),
    ]
    let program = try SeccompProgram.compile(profile)
    let close = try Self.number("close")
    let calls =
      try ["getppid", "getuid", "geteuid", "getgid", "getegid", "umask"].map { "\(try Self.number($0))" }
      + ["\(close),0x100000005", "\(close),0x100000006", "\(close),0x5", "\(close),0xffffffff00000000"]
    try withHelper { helper in
      let outcomes = try helper.outcomes(of: calls, under: program)
      let expected: [KernelHelper.Outcome] = [
        .errno(95), .signal(SIGSYS), .signal(SIGSYS), .signal(SIGSYS), .errno(ENOSYS), .errno(0),
        .errno(EBADF), .errno(94), .errno(EBADF), .errno(94),
      ]
      #expect(outcomes == expected)
    }
  }

  @Test("a program with long jumps")
  func longProgram() throws {
    var profile = SeccompProfile(defaultAction: .errno, defaultErrnoRet: 77)
    for (index, name) in SyscallNumbers.allNames.enumerated() where name != "exit_group" {
      profile.syscalls.append(
        SeccompRule(
          names: [name], action: .allow,
          args: [SeccompArgument(index: 5, value: UInt64(index) << 16, op: .notEqual)]))
    }
    profile.syscalls.append(SeccompRule(names: ["exit_group"], action: .allow))
    let program = try SeccompProgram.compile(profile)
    #expect(program.instructions.count > 1500)
    let getpid = try #require(SyscallNumbers.allNames.firstIndex(of: "getpid"))
    let number = try Self.number("getpid")
    try withHelper { helper in
      let outcomes = try helper.outcomes(
        of: ["\(number)", "\(number),0,0,0,0,0,\(getpid << 16)"], under: program)
      #expect(outcomes == [.errno(0), .errno(77)])
    }
  }

  private static let programs = [
    ["bash", "-c", "set -e; for i in 1 2 3; do (echo $i | cat) & done; wait; trap : USR1; kill -USR1 $$"],
    ["sh", "-c", "d=$(mktemp -d); cd $d; mkfifo f; ln -s f g; chmod 600 f; stat g; ls -l; rm -r $d"],
    ["ls", "-laR", "/etc/apt"],
    ["tar", "-cf", "/dev/null", "-C", "/etc", "apt"],
    ["python3", "-c", pythonScript],
    ["perl", "-e", "my $p = fork; exit 0 unless $p; waitpid $p, 0; exit $?"],
    ["apt-get", "--version"],
    ["apt-get", "-s", "-o", "Debug::NoLocking=1", "install", "bash"],
    ["dpkg", "--list"],
    ["git", "--version"],
    ["ip", "address"],
    ["sort", "--parallel=2", "/etc/services"],
    ["gcc", "--version"],
  ]

  @Test("ordinary programs run under the default profile")
  func userland() throws {
    let program = try SeccompProgram.compile(
      DefaultProfile(capabilities: DefaultProfileTests.usual).profile)
    let allowed = try SeccompProgram.compile(SeccompProfile(defaultAction: .allow))
    try withHelper { helper in
      for command in Self.programs {
        // Where a program is missing or does not work anyway, there is nothing to be learnt.
        guard try helper.run(command, under: allowed).status == 0 else {
          print("skipped: \(command[0]) does not run here without a filter either")
          continue
        }
        let (status, output) = try helper.run(command, under: program)
        #expect(status == 0, "\(command[0]): \(output.suffix(2000))")
      }
    }
  }

  /// Threads, processes, sockets, files, shared memory, random numbers, time.
  private static let pythonScript = """
    import asyncio, multiprocessing, os, random, socket, subprocess, sqlite3, ssl, tempfile, threading, time
    t = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(4)]
    [x.start() for x in t]; [x.join() for x in t]
    assert subprocess.run(["true"]).returncode == 0
    s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname())
    c.send(b"x"); assert s.accept()[0].recv(1) == b"x"
    with tempfile.TemporaryDirectory() as d:
        db = sqlite3.connect(os.path.join(d, "db")); db.execute("create table t (a)"); db.commit(); db.close()
    p = multiprocessing.get_context("fork").Process(target=os.getpid); p.start(); p.join()
    assert p.exitcode == 0
    asyncio.run(asyncio.sleep(0.01))
    os.urandom(8); socket.getaddrinfo("localhost", 80)
    """
}
