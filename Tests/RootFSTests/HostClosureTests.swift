// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Linux
import Testing

@testable import RootFS

@Suite struct HostClosureTests {
  static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  static let programs = [
    "bash", "ls", "/usr/bin/python3", "ps", "git", "perl", "gdb", "curl", "systemctl", "tar",
  ].filter { $0.hasPrefix("/") ? access($0, X_OK) == 0 : hasProgram($0) }

  /// What `ldd` says, by real path.
  private func ldd(_ program: String) throws -> Set<String> {
    let text = try #require(try run(["ldd", program]))
    var result: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0.isWhitespace })
      guard let path = words.first(where: { $0.hasPrefix("/") }) else { continue }
      guard let real = realpath(String(path), nil) else { continue }
      result.insert(String(cString: real))
      free(real)
    }
    return result
  }

  @Test(.enabled(if: hasProgram("ldd"), "needs ldd"), arguments: programs)
  func findsWhatTheLoaderWouldLoad(program: String) throws {
    let closure = try HostClosure(of: [program], searchPath: Self.standardPath)
    let path = try #require(closure.requested.first).realPath
    let expected = try ldd(path)
    #expect(!expected.isEmpty)
    var found: Set<String> = []
    var variants: Set<String> = []
    for member in closure.members {
      guard case .file = member.content else { continue }
      switch member.reason {
      case .loader: found.insert(member.path)
      case .library(_, _, .variant): variants.insert(member.path)
      case .library: found.insert(member.path)
      default: break
      }
    }
    #expect(expected.subtracting(found.union(variants)).isEmpty)
    // What ldd does not list can only be another place for the same name that the cache offers.
    let names = Set(expected.map(HostFiles.name(of:)))
    for extra in found.subtracting(expected) {
      #expect(names.contains(HostFiles.name(of: extra)), "\(extra)")
    }
  }

  @Test func membersAreOrderedAndUnique() throws {
    let closure = try HostClosure(of: ["bash", "ls"], searchPath: Self.standardPath)
    var seen: Set<String> = ["/"]
    for member in closure.members {
      let parent = HostFiles.parent(of: member.path)
      #expect(seen.contains(parent.isEmpty ? "/" : parent), "\(member.path)")
      #expect(seen.insert(member.path).inserted, "\(member.path)")
      #expect(!member.reason.description.isEmpty)
    }
  }

  @Test(.enabled(if: isRoot, "chroot needs root"))
  func theTreeRuns() throws {
    let scratch = try Scratch()
    let prepared = try scratch.store().prepare(.host(["bash", "ls"]), searchPath: Self.standardPath)
    #expect(prepared.isShared)
    let output = try run(
      [
        "chroot", prepared.path, "/bin/bash", "-c",
        "ls / && echo ok && ls -d /proc /sys /dev /tmp /etc/passwd",
      ])
    #expect(output?.contains("\nok\n") == true, "\(output ?? "failed")")
    #expect(try run(["chroot", prepared.path, "/bin/sh", "-c", "type bash"]) != nil)
    #expect(try run(["chroot", prepared.path, "/bin/ls", "-l", "/"])?.contains("root root") == true)
    for terminal in ["linux", "xterm"]
    where access("/lib/terminfo/\(terminal.prefix(1))/\(terminal)", R_OK) == 0 {
      #expect(access(prepared.path + "/lib/terminfo/\(terminal.prefix(1))/\(terminal)", R_OK) == 0)
    }
  }

  /// Files of the host are shared, not copied, where that is possible, and keep everything they have.
  @Test(.enabled(if: isRoot, "needs root"))
  func filesAreTheHosts() throws {
    let scratch = try Scratch()
    let closure = try HostClosure(of: ["bash"], searchPath: Self.standardPath)
    let root = try scratch.makeDirectory("root")
    let directory = try openat(.workingDirectory, root, [.readOnly, .directory])
    var writer = try HostTreeWriter(root: directory.fd)
    try writer.write(closure.members)
    for member in closure.members {
      guard case .file(let identity) = member.content else { continue }
      let copy = try fstatat(.workingDirectory, root + member.path, followLinks: false)
      #expect(
        copy.sizeBytes == identity.sizeBytes && copy.mode == identity.mode && copy.uid == identity.userID)
      #expect(copy.modifiedNanoseconds == identity.modifiedNanoseconds)
      if copy.device == identity.device { #expect(copy.inode == identity.inode, "\(member.path)") }
    }
  }

  @Test func namesWhatIsMissing() throws {
    let absent = failure { () throws(RootFSError) in
      _ = try HostClosure(of: ["no-such-program"], searchPath: "/usr/bin:relative")
    }
    #expect(absent?.code == .notFound)
    #expect(absent?.description == "no-such-program: no such command in PATH (/usr/bin)")
    let directory = failure { () throws(RootFSError) in _ = try HostClosure(of: ["/usr/bin"], searchPath: "")
    }
    #expect(directory?.code == .unsupported)
    let text = failure { () throws(RootFSError) in _ = try HostClosure(of: ["/etc/passwd"], searchPath: "") }
    #expect(text?.code == .unsupported)
  }

  /// As execvp(3), which goes on when it may not look into a directory of PATH.
  @Test(.enabled(if: !isRoot, "root may look everywhere"))
  func passesOverClosedDirectories() throws {
    let scratch = try Scratch()
    let closed = try scratch.makeDirectory("closed")
    chmod(closed, 0)
    defer { chmod(closed, 0o700) }
    let path = closed + ":" + Self.standardPath
    let store = try scratch.store()
    let first = try store.prepare(.host(["ls"]), searchPath: path)
    #expect(try store.prepare(.host(["ls"]), searchPath: path).wasCached)
    let index = try FileManager.default.contentsOfDirectory(atPath: store.path + "/index")
    let manifest = try Data(contentsOf: URL(fileURLWithPath: store.path + "/index/" + index[0]))
    #expect(HostManifest.validDigest([UInt8](manifest)) == first.digest)
    chmod(closed, 0o700)
    #expect(HostManifest.validDigest([UInt8](manifest)) == nil)
  }

  @Test func followsScriptsToTheirInterpreters() throws {
    let scratch = try Scratch()
    let script = try scratch.write("script", Array("#!/usr/bin/env -S VAR=1 bash -e\necho\n".utf8))
    chmod(script, 0o755)
    let outer = try scratch.write("outer", Array("#!\(script) argument\n".utf8))
    chmod(outer, 0o755)
    let closure = try HostClosure(of: [outer], searchPath: Self.standardPath)
    let paths = Set(closure.members.map { $0.path })
    #expect(paths.isSuperset(of: [script, outer, "/usr/local/bin/outer"]))
    #expect(closure.contains("/usr/bin/bash") || closure.contains("/bin/bash"))
    let broken = try scratch.write("broken", Array("#!/no/such/interpreter\n".utf8))
    chmod(broken, 0o755)
    let error = failure { () throws(RootFSError) in _ = try HostClosure(of: [broken], searchPath: "") }
    #expect(error?.code == .notFound && error?.description.contains(broken) == true)
    let loop = try scratch.write("loop", Array("#!\(scratch.path)/loop2\n".utf8))
    _ = try scratch.write("loop2", Array("#!\(scratch.path)/loop\n".utf8))
    #expect(throws: Never.self) { try HostClosure(of: [loop], searchPath: "") }
  }

  /// Libraries outside the default directories, found by `DT_RUNPATH` and `DT_RPATH` with `$ORIGIN`.
  @Test(.enabled(if: hasProgram("cc"), "needs a C compiler"))
  func followsRunpathAndRpath() throws {
    let scratch = try Scratch()
    let script = """
      set -e; cd \(scratch.path); mkdir -p bin lib/deep
      echo 'int deep(void) { return 42; }' > deep.c
      echo 'int deep(void); int middle(void) { return deep(); }' > middle.c
      echo 'int middle(void); int main(void) { return middle() - 42; }' > main.c
      cc -shared -fPIC -o lib/deep/libdeep.so deep.c
      cc -shared -fPIC -o lib/libmiddle.so middle.c -Llib/deep -ldeep
      cc -o bin/rpath main.c -Llib -lmiddle -Wl,--allow-shlib-undefined \
        -Wl,--disable-new-dtags '-Wl,-rpath,$ORIGIN/../lib:${ORIGIN}/../lib/deep'
      cc -o bin/runpath main.c -Llib -lmiddle -Wl,--allow-shlib-undefined \
        -Wl,--enable-new-dtags '-Wl,-rpath,$ORIGIN/../lib:$ORIGIN/../lib/deep'
      """
    try #require(try run(["sh", "-c", script]) != nil)
    let closure = try HostClosure(of: [scratch.path + "/bin/rpath"], searchPath: "")
    let paths = Set(closure.members.map { $0.path })
    #expect(
      paths.isSuperset(of: [scratch.path + "/lib/libmiddle.so", scratch.path + "/lib/deep/libdeep.so"]))
    // A DT_RUNPATH serves its own object only: libdeep is not found, by the loader neither.
    #expect(try run([scratch.path + "/bin/rpath"]) != nil)
    #expect(try run([scratch.path + "/bin/runpath"]) == nil)
    let error = failure { () throws(RootFSError) in
      _ = try HostClosure(of: [scratch.path + "/bin/runpath"], searchPath: "")
    }
    #expect(error?.code == .missingLibrary && error?.description.contains("libdeep.so") == true)
    if isRoot {
      let tree = try scratch.store().prepare(.host([scratch.path + "/bin/rpath"]), searchPath: "")
      // The loader asks /proc for $ORIGIN. The mount lives and dies with the command.
      let command =
        "mount -t proc proc \(tree.path)/proc && exec chroot \(tree.path) \(scratch.path)/bin/rpath"
      #expect(try run(["unshare", "--mount", "sh", "-c", command]) != nil)
    }
  }
}
