// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import Engine

/// What `stats` shows.
@Suite struct UsageTests {
  private func usage(_ change: (inout Usage) -> Void) -> Usage {
    var usage = Usage()
    change(&usage)
    return usage
  }

  @Test func processorTimeIsADifference() {
    let first = usage {
      $0.takenNanoseconds = 1_000_000_000
      $0.cpuNanoseconds = 500
    }
    let second = usage {
      $0.takenNanoseconds = 3_000_000_000
      $0.cpuNanoseconds = 500 + 3_000_000_000
    }
    #expect(second.cpuPercent(since: first) == 150)
    #expect(second.cpuPercent(since: nil) == 0)
    // A clock that stands still, a counter that starts anew.
    #expect(first.cpuPercent(since: first) == 0)
    #expect(usage { $0.takenNanoseconds = 5_000_000_000 }.cpuPercent(since: second) == 0)
  }

  @Test func rowsHaveDockersFields() {
    var table = UsageTable()
    table.add([("0123456789abcdef", "web", usage { $0.takenNanoseconds = 1 })])
    table.add([
      (
        "0123456789abcdef", "web",
        usage {
          $0.takenNanoseconds = 1_000_000_001
          $0.cpuNanoseconds = 123_456_789
          $0.memoryBytes = 2_048_000
          $0.memoryLimitBytes = 64 << 20
          $0.readBytes = 1_234_567
          $0.writtenBytes = 999
          $0.receivedBytes = 1500
          $0.processes = 3
        }
      )
    ])
    let row = table.rows(full: false)[0]
    #expect(row["ID"]?.text == "0123456789ab")
    #expect(table.rows(full: true)[0]["ID"]?.text == "0123456789abcdef")
    #expect(row["CPUPerc"]?.text == "12.35%")
    #expect(row["MemUsage"]?.text == "1.953MiB / 64MiB")
    #expect(row["MemPerc"]?.text == "3.05%")
    #expect(row["BlockIO"]?.text == "1.23MB / 999B")
    #expect(row["NetIO"]?.text == "1.5kB / 0B")
    #expect(row["PIDs"]?.text == "3")
    #expect(table.isRunning)
  }

  @Test func whatHasEndedUsesNothing() {
    var table = UsageTable()
    table.add([("a", "gone", nil)])
    #expect(table.rows(full: false)[0]["CPUPerc"]?.text == "0.00%")
    #expect(table.rows(full: false)[0]["MemUsage"]?.text == "0B / 0B")
    #expect(!table.isRunning)
    table.add([])
    #expect(table.rows(full: false).isEmpty)
  }

  @Test func barsRise() {
    let line = UsageTable.sparkline([0, 1, 12.5, 50, 99, 100], top: 100)
    #expect(line.count == UsageTable.sparklineLength)
    #expect(line.hasSuffix(" ▁▂▅██"))
    #expect(UsageTable.sparkline([], top: 100) == String(repeating: " ", count: UsageTable.sparklineLength))
  }

  @Test func aCourseIsKeptAsFarAsItIsShown() {
    var table = UsageTable()
    for moment in 0..<100 {
      table.add([("a", "web", usage { $0.takenNanoseconds = Int64(moment) })])
    }
    #expect(table.lines[0].cpu.count == UsageTable.sparklineLength)
    #expect(table.live(full: false).contains("CPU %"))
  }

  @Test(arguments: [
    (UInt64(0), "0B"), (1023, "1023B"), (1024, "1KiB"), (1536, "1.5KiB"), (64 << 20, "64MiB"),
    (1 << 40, "1TiB"),
    (.max, "16384PiB"),
  ])
  func sizes(bytes: UInt64, text: String) { #expect(UsageTable.size(bytes) == text) }

  @Test(arguments: [
    (UInt64(0), "0B"), (999, "999B"), (1000, "1kB"), (12_345, "12.3kB"), (123_456_789, "123MB"),
  ])
  func transfers(bytes: UInt64, text: String) { #expect(UsageTable.decimalSize(bytes) == text) }

  @Test func trafficOfAllButTheLoopback() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
          lo:     100       1    0    0    0     0          0         0      100       1    0
        eth0:    1000      10    0    0    0     0          0         0     2000      20    0
        eth1:5 1 0 0 0 0 0 0 7 1 0
      """
    let (received, sent) = ContainerEngine.traffic(in: text)
    #expect(received == 1005 && sent == 2007)
  }
}
