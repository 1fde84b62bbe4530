// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI
import Testing

@testable import Engine

@Suite struct MountTests {
  private func mount(_ request: MountRequest) -> Mount {
    request.mount(workingDirectory: "/home/me", canReadOnlyRecursively: true)
  }

  @Test func volumes() throws {
    let plain = try MountRequest.volume("/data:/srv/")
    #expect(
      mount(plain)
        == Mount(destination: "/srv", type: "bind", source: "/data", options: ["rbind", "rprivate"]))
    #expect(plain.createsSource)
    let relative = try MountRequest.volume("./d:/x:ro,bind,rslave,noexec,cached")
    #expect(
      mount(relative)
        == Mount(
          destination: "/x", type: "bind", source: "/home/me/./d",
          options: ["bind", "rslave", "ro", "noexec"]))
    #expect(
      mount(try MountRequest.volume("/a:/b:ro")).options == ["rbind", "rprivate", "ro", "rro"])
    #expect(
      try MountRequest.volume("/a:/b:ro").mount(workingDirectory: "/", canReadOnlyRecursively: false).options
        == ["rbind", "rprivate", "ro"])
    #expect(try MountRequest.volume("/a:/b:z").relabels)
  }

  @Test(arguments: [
    ("/data", "anonymous volumes are not available yet"),
    ("data:/x", "volumes by name are not available yet"),
    ("/a:b", "must be an absolute path"), ("/a:/", "must not be the container's root"),
    ("/a:/b/..", "must not be the container's root"), ("/a:/b:ro,rw", #""ro" and "rw" exclude each other"#),
    ("/a:/b:ro,ro", "given twice"), ("/a:/b:exec,noexec", "exclude each other"),
    ("/a:/b:frob", #"unknown option "frob""#),
    ("/a:/b:ro:x", "too many colons"), (":/b", "the source is empty"), ("/a:", "must be an absolute path"),
    ("/a:/b:U", "not available yet"), ("/a:/b:idmap=x", "not available yet"),
    ("/a:/b:nocopy", "volumes by name"),
    ("/a:/b:", "an option is empty"), ("/a\u{0}:/b", "NUL"), ("/a:/b:shared,slave", "exclude each other"),
  ])
  func badVolumes(_ text: String, _ reason: String) {
    let message = failure { () throws(EngineError) in try MountRequest.volume(text) }
    #expect(message.contains(reason), "\(message)")
  }

  @Test func temporaryFileSystems() throws {
    #expect(
      mount(try MountRequest.tmpfs("/run"))
        == Mount(destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec"]))
    #expect(
      mount(try MountRequest.tmpfs("/run:exec,size=64m,mode=1777,ro,uid=5")).options
        == ["nosuid", "nodev", "exec", "size=67108864", "mode=1777", "ro", "uid=5"])
    #expect(mount(try MountRequest.tmpfs("/run:size=50%,size=1k")).options.last == "size=1024")
    for bad in [
      "run", "/", "/x:frob", "/x:size=q", "/x:mode=9", "/x:size=101%", "/x:uid=4294967295", "/x:frob=1",
      "/x:mode=",
    ] {
      #expect(failure { () throws(EngineError) in try MountRequest.tmpfs(bad) } != "no error", "\(bad)")
    }
  }

  @Test func longForm() throws {
    #expect(
      mount(try MountRequest.mount("type=bind,src=/a:b,\"dst=/x,y\",readonly"))
        == Mount(
          destination: "/x,y", type: "bind", source: "/a:b", options: ["rbind", "rprivate", "ro", "rro"]))
    #expect(
      mount(try MountRequest.mount("type=bind,source=/a,target=/b,ro=false,bind-propagation=rshared")).options
        == ["rbind", "rshared"])
    #expect(
      mount(try MountRequest.mount("bind-recursive=writable,ro,type=bind,source=/a,target=/b")).options
        == ["rbind", "rprivate", "ro"])
    #expect(
      mount(try MountRequest.mount("type=bind,source=/a,target=/b,bind-recursive=disabled,ro")).options
        == ["bind", "rprivate", "ro"])
    #expect(
      mount(try MountRequest.mount("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700")).options
        == ["nosuid", "nodev", "noexec", "size=1048576", "mode=700"])
    #expect(try !MountRequest.mount("type=bind,src=/a,dst=/b").createsSource)
    #expect(try MountRequest.mount("type=bind,src=/a,dst=/b,bind-create-src").createsSource)
  }

  @Test(arguments: [
    ("", "the destination is missing"), ("type=bind,dst=/b", "the source is missing"),
    ("type=bind,src=/a", "the destination is missing"),
    ("dst=/b,src=x", "mounts of type volume are not available"),
    ("type=frob,dst=/b", #"unknown type "frob""#), ("type=bind,src=/a,dst=/b,frob=1", #"unknown key "frob""#),
    ("type=bind,src=/a,source=/c,dst=/b", "given twice"),
    ("type=tmpfs,dst=/b,src=/a", "a tmpfs has no source"),
    ("type=tmpfs,dst=/b,bind-propagation=shared", "unknown key"),
    ("type=bind,src=/a,dst=/b,ro=x", "true or false"),
    ("type=bind,src=/a,dst=/b,bind-recursive=readonly", "needs readonly"),
    ("type=bind,src=/a,dst=/b,ro,bind-recursive=readonly,bind-propagation=slave", "needs bind-propagation"),
    ("type=bind,src=/a,dst=/b,tmpfs-size=1", "unknown key"), ("type=bind,\"src=/a,dst=/b", "not closed"),
    ("type=bind,src=\"/a\",dst=/b", "does not start with one"), ("\"type=bind\"x,dst=/b", "behind a closing"),
    ("type=bind,src=/a,dst=/b,idmap", "not available yet"),
  ])
  func badLongForms(_ text: String, _ reason: String) {
    let message = failure { () throws(EngineError) in try MountRequest.mount(text) }
    #expect(message.contains(reason), "\(message)")
  }

  @Test func commaSeparated() throws {
    #expect(try commaSeparatedValues("a,,b") == ["a", "", "b"])
    #expect(try commaSeparatedValues("\"a,\"\"b\"\"\",c") == ["a,\"b\"", "c"])
    #expect(try commaSeparatedValues("") == [""])
    #expect(try commaSeparatedValues("a,") == ["a", ""])
  }
}
