// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

@testable import RootFS

@Suite struct ReferenceTests {
  @Test(arguments: [
    ("./x", RootFSReference.path("./x")), ("../x", .path("../x")), ("/x/y", .path("/x/y")), (".", .path(".")),
    ("..", .path("..")), ("./", .path("./")), ("dir:x", .directory("x")), ("dir:/x", .directory("/x")),
    ("tar:x.tar", .archive("x.tar")), ("tar:-", .archive("-")), ("host:bash", .host(["bash"])),
    ("host:bash,/usr/bin/ls,ps", .host(["bash", "/usr/bin/ls", "ps"])), ("host:[", .host(["["])),
    ("host:bash,bash", .host(["bash"])), ("./host:x", .path("./host:x")), ("./ü", .path("./ü")),
    ("-", .standardInput), ("./-", .path("./-")),
    ("debootstrap:sid", .debootstrap(suite: "sid", mirror: nil)),
    (
      "debootstrap:sid,https://h/debian", .debootstrap(suite: "sid", mirror: "https://h/debian")
    ),
  ])
  func acceptsEveryForm(text: String, expected: RootFSReference) throws {
    #expect(try RootFSReference.parse(text) == expected)
  }

  @Test(arguments: [
    "", "alpine", "x.tar", "dir:", "tar:", "host:", "host:,", "host:bash,", "host:bin/ls", "host:./ls",
    "host:..",
    "host:a\nb", "http://", "https:///x", "https://:443/x", "https://a:b@c/x", "https://h/a b", "https://h/ü",
    "ftp://h/x",
    "debootstrap:", "debootstrap:-x", "debootstrap:../x", "debootstrap:a/b", "debootstrap:sid,",
    "debootstrap:sid,x",
    "--", "docker.io/library/alpine", "-x", "./a\u{0}b", "dir:a\u{0}",
    "host:a\u{0}b",
    ".hidden", "~/x",
  ])
  func refusesEverythingElse(text: String) {
    let error = failure { () throws(RootFSError) in _ = try RootFSReference.parse(text) }
    #expect(error?.code == .invalidReference)
    #expect(error?.description.utf8.count ?? 0 < 400)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func refusesWhatTheKernelWouldRefuse() {
    let long = String(repeating: "x", count: 5000)
    for text in ["./" + long, "dir:" + long, "tar:" + long, "host:" + long.prefix(300)] {
      let error = failure { () throws(RootFSError) in _ = try RootFSReference.parse(text) }
      #expect(error?.code == .invalidReference)
      #expect(error?.description.utf8.count ?? 0 < 500)
    }
    let many = "host:" + (0..<300).map { "p\($0)" }.joined(separator: ",")
    #expect(
      failure { () throws(RootFSError) in _ = try RootFSReference.parse(many) }?.code == .invalidReference)
  }

  @Test(arguments: [
    "./x", "dir:x", "tar:x", "host:a,b", "-", "https://h/x?y=[1]", "http://h:80/", "debootstrap:sid",
    "debootstrap:sid,file:///m",
  ])
  func printsWhatItParses(text: String) throws {
    #expect(try RootFSReference.parse(text).description == text)
  }

  @Test func digestsAreSixtyFourLowerCaseDigits() {
    let hex = String(repeating: "0a", count: 32)
    #expect(RootFSDigest(hex)?.hex == hex)
    #expect(RootFSDigest("sha256:" + hex)?.description == "sha256:" + hex)
    for bad in [
      "", "sha256:", hex.uppercased(), String(hex.dropLast()), hex + "0", "sha512:" + hex,
      "sha256:../../" + hex,
      "../" + hex.dropFirst(3), String(repeating: "g", count: 64), "sha256:sha256:" + hex,
      " " + hex.dropFirst(),
    ] {
      #expect(RootFSDigest(bad) == nil, "\(bad)")
    }
  }

  @Test func namesAreEscapedInMessages() {
    #expect(quoted("plain ü") == "\"plain ü\"")
    #expect(quoted([0x61, 0x0a, 0x1b, 0x22, 0x5c]) == #""a\n\x1b\"\\""#)
    #expect(quoted([0x61, 0xff]) == "\"a\\xff\"")
    #expect(quoted([UInt8](repeating: 0x61, count: 5000)).utf8.count < 200)
  }
}
