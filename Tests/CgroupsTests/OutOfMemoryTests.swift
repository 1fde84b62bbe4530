// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Cgroups

/// What is told of a process that was killed for want of memory.
@Suite struct OutOfMemoryTests {
  private static let record =
    "4,1822,5000405683,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
    + "oom_memcg=/box/web,task_memcg=/box/web/job,task=a,pid=b (x),pid=2567,uid=0\n SUBSYSTEM=memory\n"

  private func victim(_ record: String, _ path: String) -> OutOfMemoryReport.Victim? {
    KernelLog.victim(in: Array(record.utf8)[...], ofCgroup: path)
  }

  @Test(arguments: ["/box/web", "/web", "/box/web/job"]) func theVictimIsFound(path: String) {
    let plain = Self.record.replacing("a,pid=b (x)", with: "sh, or so")
    #expect(victim(plain, path) == .init(name: "sh, or so", pid: 2567))
  }

  @Test(arguments: ["/box/we", "/other", "/box/web/job/x", "/eb"]) func othersAreNot(path: String) {
    #expect(victim(Self.record.replacing("a,pid=b (x)", with: "sh"), path) == nil)
  }

  @Test(arguments: [
    "", "6,1,2,-;hello", "6,1,2,-;oom-kill:constraint=", "oom-kill:constraint=X,task_memcg=/web,task=a",
  ])
  func whatIsNoSuchRecord(record: String) { #expect(victim(record, "/web") == nil) }

  private func words(_ kills: UInt64, _ limitBytes: UInt64?, _ name: String?) -> String {
    let victim = name.map { OutOfMemoryReport.Victim(name: $0, pid: 7) }
    return OutOfMemoryReport(kills: kills, limitBytes: limitBytes, victim: victim).description
  }

  @Test func words() {
    let mebibyte: UInt64 = 1 << 20
    #expect(
      words(1, 64 * mebibyte, "sh")
        == "the container reached its memory limit of 64 MiB; the kernel killed sh (process 7)")
    #expect(
      words(3, 1001, "sh")
        == "the container reached its memory limit of 1001 bytes; the kernel killed 3 processes, the last one sh (process 7)"
    )
    #expect(
      words(1, nil, nil)
        == "a cgroup above the container reached its memory limit; the kernel killed a process")
    #expect(
      words(2, 2048 * mebibyte, nil)
        == "the container reached its memory limit of 2 GiB; the kernel killed 2 processes")
  }
}
