// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux
import Testing

@testable import RootFS

@Suite struct DownloadTests {
  @Test func theLastAnswerCounts() {
    let headers = ResponseHeaders(
      Array(
        """
        HTTP/1.1 302 Found\r
        Location: /x\r
        Content-Length: 7\r
        ETag: "redirect"\r
        \r
        HTTP/2 206 \r
        content-length: 900\r
        CONTENT-RANGE:\tbytes 100-999/1000\r
        Last-Modified: Sat, 21 Nov 2026 10:00:00 GMT\r
        etag: "abc"\r
        \r

        """.utf8))
    #expect(headers.status == 206 && headers.lengthBytes == 900 && headers.rangeTotalBytes == 1000)
    #expect(headers.totalBytes == 1000 && headers.validator == "\"abc\"")
  }

  @Test func whatIsNoHeaderIsIgnored() {
    #expect(
      ResponseHeaders(Array("garbage\n\u{0}\nHTTP/1.1 x\r\nContent-Length: -5".utf8)) == ResponseHeaders())
    // Weak tags stand for meaning; control bytes would be sent back.
    let weak = ResponseHeaders(Array("HTTP/1.1 200\r\nETag: W/\"a\"\r\nLast-Modified: a\u{1}b\r\n".utf8))
    #expect(weak.status == 200 && weak.validator == nil)
  }

  @Test func ordersCannotBeForged() throws {
    var request = Curl.Request(
      url: try DownloadURL("https://h/x?a=[1]{2}"), allowsPlain: false, headerFile: "/a \"b\\c")
    let text = Curl.configuration(request)
    #expect(text.contains("url = \"https://h/x?a=[1]{2}\"\n") && text.contains("\ngloboff\n"))
    #expect(text.contains("dump-header = \"/a \\\"b\\\\c\"\n") && text.contains("proto-redir = \"=https\"\n"))
    #expect(!text.contains("continue-at"))
    request.allowsPlain = true
    request.offset = 5
    #expect(Curl.configuration(request).contains("proto = \"=https,http\"\n"))
    #expect(Curl.configuration(request).contains("continue-at = 5\n"))
  }

  @Test func exitStatusesHaveMeanings() {
    #expect(Curl.failure(.exited(0), []) == nil)
    #expect(Curl.failure(.exited(33), []) == .noRange)
    #expect(Curl.failure(.exited(18), ["curl: (18) end of response"]) == .interrupted("end of response"))
    guard case .final(let reason) = Curl.failure(.exited(22), ["curl: (22) error: 404"]) else {
      Issue.record("no failure")
      return
    }
    #expect(reason == "the server refuses: error: 404")
    #expect(Curl.failure(.signalled(9), []) == .final("curl was killed"))
  }

  @Test func indexEntriesSurvive() throws {
    let digest = RootFSDigest(hashing: [1])
    for validator in ["\"x\"", nil] {
      let entry = DownloadIndex.Entry(digest: digest, validator: validator)
      #expect(DownloadIndex.Entry(entry.encoded) == entry)
    }
    #expect(DownloadIndex.Entry([]) == nil && DownloadIndex.Entry(Array("x\ny\n".utf8)) == nil)
  }
}

@Suite struct AptSourcesTests {
  @Test func readsLines() {
    let text = """
      # deb http://no/debian sid main
      deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://h/debian/ bookworm main contrib # why
      deb-src http://h/debian bookworm main
      deb [ trusted=yes ]  https://other/x  stable/  main
      deb broken
      """
    let sources = AptSources.parseLines(text)
    #expect(
      sources == [
        AptSource(
          uri: "http://h/debian/", suite: "bookworm", components: ["main", "contrib"],
          keyring: "/usr/share/keyrings/a.gpg"),
        AptSource(uri: "https://other/x", suite: "stable/", components: ["main"], keyring: nil),
      ])
  }

  @Test func readsStanzas() {
    let text = """
      Types: deb deb-src
      # a remark
      URIs: http://h/debian
      Suites: bookworm bookworm-updates
      Components: main
      Signed-By: /k.gpg

      Types: deb
      Enabled: no
      URIs: http://off/debian
      Suites: sid
      Components: main

      Types: deb
      URIs: http://inline/debian
      Suites: sid
      Components: main
      Signed-By:
       -----BEGIN PGP PUBLIC KEY BLOCK-----
       .
       abc
      """
    let sources = AptSources.parseStanzas(text)
    #expect(sources.map(\.suite) == ["bookworm", "bookworm-updates", "sid"])
    #expect(sources.map(\.keyring) == ["/k.gpg", "/k.gpg", nil])
    #expect(sources.last?.uri == "http://inline/debian")
  }

  @Test func choosesTheHostsOwn() {
    let sources = [
      AptSource(uri: "https://tools/apt", suite: "stable", components: ["main"], keyring: nil),
      AptSource(uri: "cdrom:[x]/", suite: "bookworm", components: ["main"], keyring: nil),
      AptSource(uri: "http://m/debian/", suite: "bookworm", components: ["main", "non-free"], keyring: "/k"),
    ]
    #expect(AptSources.choose("bookworm", from: sources) == sources[2])
    let other = AptSources.choose("trixie", from: sources)
    #expect(other?.uri == "http://m/debian/" && other?.suite == "trixie" && other?.keyring == "/k")
    #expect(AptSources.choose("bookworm", from: []) == nil)
  }

  @Test func argumentsAreQuoted() {
    let work = Bootstrap(
      source: AptSource(uri: "http://m/debian", suite: "sid", components: ["main"], keyring: "/k.gpg"),
      packages: "/a b/it's", scratch: "/s")
    let arguments = work.mmdebstrapArguments
    #expect(arguments.contains("--setup-hook=sync-in '/a b/it'\\''s' /var/cache/apt/archives/"))
    #expect(arguments.suffix(3) == ["sid", "-", "deb [signed-by=/k.gpg] http://m/debian sid main"])
    #expect(Bootstrap.reason(["I: x", "E: no key", "E: setup failed", "I: end"]) == "no key")
    #expect(Bootstrap.reason([]) == "it said nothing")
  }
}
