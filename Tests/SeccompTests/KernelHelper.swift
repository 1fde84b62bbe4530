// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Foundation
import Seccomp
import Testing

/// A small C program that installs a filter and then makes system calls, or runs another program. (A test
/// process has threads, and must not be filtered itself.)
struct KernelHelper {
  private static let source = #"""
    #define _GNU_SOURCE
    #include <errno.h>
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/prctl.h>
    #include <sys/syscall.h>
    #include <sys/wait.h>
    #include <unistd.h>

    static long make_call(char *words) {
      unsigned long a[7] = {0};
      int n = 0;
      int compat = words[0] == 'i';
      for (char *w = strtok(words + compat, ","); w && n < 7; w = strtok(NULL, ","))
        a[n++] = strtoul(w, NULL, 0);
    #ifdef __x86_64__
      if (compat) {
        int result;
        __asm__ volatile("int $0x80" : "=a"(result) : "0"((int)a[0]), "b"((int)a[1]) : "memory");
        if (result < 0 && result > -4096) { errno = -result; return -1; }
        return result;
      }
    #endif
      return syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    }

    int main(int argc, char **argv) {
      static struct sock_filter filter[4096];
      FILE *file = fopen(argv[1], "rb");
      if (!file) return 101;
      size_t count = fread(filter, sizeof filter[0], 4096, file);
      fclose(file);
      struct sock_fprog program = {count, filter};
      if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return 102;
      if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, strtoul(argv[2], NULL, 0), &program) < 0) {
        perror("seccomp");
        return 103;
      }
      if (strcmp(argv[3], "exec") == 0) {
        execvp(argv[4], argv + 4);
        return 127;
      }
      /* Every call in a process of its own: it may end there. */
      for (int i = 4; i < argc; i++) {
        pid_t child = fork();
        if (child == 0) {
          errno = 0;
          _exit(make_call(argv[i]) == -1 ? errno : 0);
        }
        int status;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
        else printf("errno %d\n", WEXITSTATUS(status));
      }
      return 0;
    }
    """#

  /// What a call led to.
  enum Outcome: Equatable {
    case errno(Int32)
    case signal(Int32)
  }

  struct Failure: Error {
    let description: String
  }

  private let directory: URL
  private var executable: URL { directory.appending(path: "helper") }

  /// A C compiler, if this machine has one.
  static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Why a test of the kernel is skipped.
  static let absence: Comment = "there is no C compiler in /usr/bin to make the helper with"

  /// Compiles the program.
  init() throws {
    guard let compiler = Self.compiler else { throw Failure(description: "no C compiler") }
    directory = FileManager.default.temporaryDirectory.appending(path: "roost-seccomp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let file = directory.appending(path: "helper.c")
    try Self.source.write(to: file, atomically: true, encoding: .utf8)
    let result = try Self.run(compiler, ["-O1", "-o", executable.path, file.path])
    guard result.status == 0 else { throw Failure(description: result.output) }
  }

  /// Removes the program.
  func remove() {
    do {
      try FileManager.default.removeItem(at: directory)
    } catch {
      print("\(directory.path): \(error)")
    }
  }

  /// Makes calls under a filter, each in a process of its own.
  ///
  /// - Parameter calls: `number,argument,…`; with an `i` in front, by i386's convention.
  func outcomes(of calls: [String], under program: SeccompProgram) throws -> [Outcome] {
    let result = try start(["probe"] + calls, under: program)
    guard result.status == 0 else { throw Failure(description: "\(result)") }
    return try result.output.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let value = Int32(words[1]) else { throw Failure(description: "\(line)") }
      return words[0] == "signal" ? .signal(value) : .errno(value)
    }
  }

  /// Runs a program under a filter.
  func run(_ command: [String], under program: SeccompProgram) throws -> (status: Int32, output: String) {
    try start(["exec"] + command, under: program)
  }

  private func start(
    _ arguments: [String], under program: SeccompProgram
  ) throws -> (status: Int32, output: String) {
    let filter = directory.appending(path: "filter-\(UUID().uuidString)")
    try program.instructions.withUnsafeBytes { Data($0) }.write(to: filter)
    return try Self.run(executable.path, [filter.path, String(program.flags)] + arguments)
  }

  private static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return (status, String(decoding: output, as: UTF8.self))
  }
}
