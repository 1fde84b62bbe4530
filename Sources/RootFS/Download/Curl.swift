// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Linux

/// The `curl` program, which fetches over HTTPS for us.
///
/// HTTPS is TLS, certificates, revocation, proxies, redirects and HTTP/2: a library's work, and libcurl's more than
/// any other's. `roost` is one static file, and Debian builds no static Kerberos and RTMP library, without which its
/// libcurl.a cannot be linked; as a program it comes with the distribution's security updates. It gets its orders on standard
/// input, so that nothing that the caller typed is taken for an option or seen in the list of processes.
enum Curl {
  /// Everything that one request needs.
  struct Request {
    var url: DownloadURL
    /// Whether plain HTTP may carry the archive, because a checksum vouches for it.
    var allowsPlain: Bool
    /// Where to go on.
    var offset: UInt64 = 0
    var headers: [String] = []
    /// Where curl writes the headers of the answers.
    var headerFile: String
  }

  /// Why a request did not give everything.
  enum Failure: Equatable {
    /// The line was cut; going on where it ended may help.
    case interrupted(String)
    /// The server does not go on in the middle.
    case noRange
    /// Trying again is no use.
    case final(String)
  }

  /// - Throws: `missingProgram` naming the package.
  static func start(_ request: Request) throws(RootFSError) -> HelperProgram {
    guard let path = SystemPath.find("curl") else {
      throw RootFSError(
        .missingProgram, "downloading needs the program curl; install the package curl",
        subject: request.url.text)
    }
    // --disable comes first or not at all: what is in ~/.curlrc is meant for other downloads.
    return try HelperProgram(
      path, ["--disable", "--config", "-"], input: Array(configuration(request).utf8),
      variables: HelperProgram.variables(Self.passedOn))
  }

  /// What curl(1) and OpenSSL look at: proxies, own certificate authorities, ~/.netrc.
  private static let passedOn = [
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HOME",
  ]

  /// curl's configuration file for a request: see "--config" in curl(1).
  static func configuration(_ request: Request) -> String {
    let protocols = request.allowsPlain ? "=https,http" : "=https"
    var lines = [
      "url = \(text(request.url.text))",
      // Brackets and braces of an address are its own.
      "globoff", "fail", "silent", "show-error", "no-buffer", "location", "max-redirs = 10",
      "proto = \(text(protocols))", "proto-redir = \(text(protocols))", "tlsv1.2", "netrc-optional",
      "suppress-connect-headers", "connect-timeout = 30",
      // A server that says nothing for a minute is gone.
      "speed-limit = 1", "speed-time = 60",
      "user-agent = \"roost\"", "dump-header = \(text(request.headerFile))", "output = \"-\"",
    ]
    if request.offset > 0 { lines.append("continue-at = \(request.offset)") }
    for header in request.headers { lines.append("header = \(text(header))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A value between quotes, in which backslashes and quotes are escaped.
  private static func text(_ value: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in value.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
      result.append(byte)
    }
    return String(decoding: result + [UInt8(ascii: "\"")], as: UTF8.self)
  }

  /// What an exit status means; nil for success. The numbers are those of "EXIT CODES" in curl(1).
  static func failure(_ status: ExitStatus, _ lines: [String]) -> Failure? {
    let said = lines.last.map(withoutPrefix) ?? ""
    guard case .exited(let code) = status else { return .final("curl was killed") }
    switch code {
    case 0: return nil
    case 33: return .noRange
    case 5: return .final("cannot find the proxy: \(said)")
    case 6: return .final("cannot find the host: \(said)")
    case 7: return .final("cannot connect: \(said)")
    case 22: return .final("the server refuses: \(said)")
    case 1:
      return .final("\(said): a redirect leads away from HTTPS, which only --checksum makes safe")
    case 47: return .final("more than 10 redirects")
    case 60, 51, 77, 82, 83, 90, 91: return .final("the server's certificate cannot be trusted: \(said)")
    // Cut in the middle, nothing received, silence, trouble with HTTP/2 or TLS.
    case 16, 18, 28, 52, 55, 56, 92: return .interrupted(said)
    default: return .final(said.isEmpty ? "curl failed with \(code)" : said)
    }
  }

  /// curl's message without its own name and number.
  private static func withoutPrefix(_ line: String) -> String {
    guard line.hasPrefix("curl: "), let end = line.utf8.firstIndex(of: UInt8(ascii: ")")) else { return line }
    return String(line[line.utf8.index(after: end)...].drop { $0 == " " })
  }
}
