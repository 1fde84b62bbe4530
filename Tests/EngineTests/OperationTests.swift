// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

@Suite struct TimestampTests {
  private static let knownPoints: [(Int64, String)] = [
    (0, "0001-01-01T00:00:00Z"), (1_000_000_000, "1970-01-01T00:00:01Z"),
    (1_500_000_000, "1970-01-01T00:00:01.5Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00Z"), (1_709_164_799_000_000_000, "2024-02-28T23:59:59Z"),
    (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
    (Int64.max, "2262-04-11T23:47:16.854775807Z"),
  ]

  @Test(arguments: knownPoints)
  func points(_ nanoseconds: Int64, _ text: String) {
    #expect(Timestamp.rfc3339(nanoseconds) == text)
  }

  private static let knownDurations: [(Int64, String)] = [
    (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"),
    (119, "About a minute"),
    (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"), (7200, "2 hours"),
    (86_400, "24 hours"),
    (259_200, "3 days"), (1_728_000, "2 weeks"), (7_776_000, "3 months"), (69_120_000, "2 years"),
    (-5, "Less than a second"),
  ]

  @Test(arguments: knownDurations)
  func durations(_ seconds: Int64, _ text: String) {
    #expect(Timestamp.duration(nanoseconds: seconds * 1_000_000_000) == text)
  }
}

@Suite struct NameTests {
  @Test func generatedNamesFollowTheGrammar() {
    for a in stride(from: 0, to: 65_536, by: 97) {
      let name = ContainerName.generated(from: [UInt8(a >> 8), UInt8(a & 255), UInt8(a & 255), UInt8(a >> 8)])
      #expect(ContainerName.isValid(name), "\(name)")
    }
    #expect(Set(WordList.adjectives).count == WordList.adjectives.count)
    #expect(Set(WordList.nouns).count == WordList.nouns.count)
    #expect(WordList.adjectives.count * WordList.nouns.count > 15_000)
  }

  @Test func ids() {
    let id = ContainerName.id(from: Array(0..<32))
    #expect(id == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
    #expect(ContainerName.isID(id))
    #expect(!ContainerName.isID(id.uppercased()))
    #expect(!ContainerName.isID(String(id.dropLast())))
    #expect(ContainerName.short(id) == "000102030405")
    #expect(ContainerEngine.randomBytes(32).count == 32)
    #expect(ContainerEngine.randomBytes(32) != ContainerEngine.randomBytes(32))
  }
}

@Suite struct RuntimeLogTests {
  @Test func theLastErrorCounts() {
    let log = """
      {"level":"warning","msg":"w","time":"t"}
      not json
      {"level":"error","msg":"first"}
      {"level":"error","msg":" exec: \\"x\\": executable file not found in $PATH \\n"}
      {"level":"info","msg":"later"}
      """
    #expect(RuntimeLog.lastError(in: log) == #"exec: "x": executable file not found in $PATH"#)
    #expect(RuntimeLog.lastError(in: "") == nil)
    #expect(RuntimeLog.lastError(in: #"{"level":"info","msg":"x"}"#) == nil)
  }

  @Test(arguments: [
    (
      "runc run failed: unable to start container process: exec: \"x\": executable file not found in $PATH",
      127
    ),
    ("unable to start container process: exec: \"/x\": stat /x: no such file or directory: unknown", 127),
    ("executable file `x` not found in $PATH: No such file or directory", 127),
    ("exec container process `/x`: Permission denied", 126),
    ("unable to start container process: exec: \"/etc\": is a directory: permission denied", 126),
    ("exec /x: exec format error", 126),
    ("failed to fulfil mount request: open /nope/src: no such file or directory", 125),
    ("cgroups in hybrid mode not supported", 125),
  ])
  func exitCodes(_ message: String, _ code: Int32) {
    #expect(RuntimeLog.exitCode(for: message) == code)
  }
}

@Suite struct SignalStatusTests {
  @Test func onlyAHandledSignalIsOfUse() {
    let text = """
      Name:\tsh
      SigQ:\t0/95
      SigPnd:\t0000000000000000
      SigBlk:\t0000000000000001
      SigIgn:\t0000000000000004
      SigCgt:\t0000000000004002
      """
    let status = SignalStatus(text)
    #expect(status.hasUse(for: 15))
    #expect(status.hasUse(for: 1))
    #expect(status.hasUse(for: 3))
    #expect(!status.hasUse(for: 10))
    #expect(!status.hasUse(for: 64))
    #expect(!status.hasUse(for: 0))
    #expect(!SignalStatus("").hasUse(for: 15))
  }
}

@Suite struct OutOfMemoryTests {
  @Test func bothKindsOfCounters() {
    #expect(OutOfMemoryWatch.count(in: "oom_kill_disable 0\nunder_oom 0\noom_kill 3") == 3)
    #expect(OutOfMemoryWatch.count(in: "low 0\nhigh 0\nmax 5\noom 1\noom_kill 1\noom_group_kill 0") == 1)
    for text in ["", "oom_kill 0", "oom_kill", "oom_kill x", "oom 5"] {
      #expect(OutOfMemoryWatch.count(in: text) == 0, "\(text)")
    }
  }

  @Test func aCgroupThatIsNotThereTellsNothing() throws {
    var watch = OutOfMemoryWatch(cgroupsPath: "/roost/nosuch")
    try watch.look()
    #expect(watch.kills == 0 && watch.report(limitBytes: 1) == nil)
  }
}

@Suite struct TableTests {
  @Test func columns() {
    #expect(
      Table.text(header: ["A", "LONG"], rows: [["xyz", "1"], ["", "22"]]) == "A     LONG\nxyz   1\n      22\n"
    )
    #expect(Table.text(header: [], rows: []) == "")
  }

  @Test func formats() throws {
    let rows = [Document.record([.init("ID", .string("1")), .init("Names", .string("a b"))])]
    let columns = [(field: "ID", heading: "CONTAINER ID")]
    func text(_ format: String?) throws -> String {
      try ListFormat(format).text(rows, columns: columns, headings: ["Names": "THE NAMES"])
    }
    #expect(try text(nil) == "CONTAINER ID\n1\n")
    #expect(try text("table") == "CONTAINER ID\n1\n")
    #expect(try text("json") == #"{"ID":"1","Names":"a b"}"# + "\n")
    #expect(try text("{{.ID}}/{{.Names}}") == "1/a b\n")
    #expect(try text(#"table {{.ID}}\t{{.Names}}"#) == "CONTAINER ID   THE NAMES\n1              a b\n")
    #expect(failure { () throws(EngineError) in try ListFormat("{{") }.hasPrefix("--format"))
  }
}
