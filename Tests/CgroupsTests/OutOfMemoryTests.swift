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

  @Test(arguments: [
    (
      OutOfMemoryReport(kills: 1, limitBytes: 64 << 20, victim: .init(name: "sh", pid: 7)),
      "the container reached its memory limit of 64 MiB; the kernel killed sh (process 7)"
    ),
    (
      OutOfMemoryReport(kills: 3, limitBytes: 1001, victim: .init(name: "sh", pid: 7)),
      "the container reached its memory limit of 1001 bytes; the kernel killed 3 processes, the last one sh (process 7)"
    ),
    (
      OutOfMemoryReport(kills: 1, limitBytes: nil, victim: nil),
      "a cgroup above the container reached its memory limit; the kernel killed a process"
    ),
    (
      OutOfMemoryReport(kills: 2, limitBytes: 2 << 30, victim: nil),
      "the container reached its memory limit of 2 GiB; the kernel killed 2 processes"
    ),
  ])
  func words(report: OutOfMemoryReport, text: String) { #expect(report.description == text) }
}
