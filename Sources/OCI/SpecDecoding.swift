// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension Spec: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    ociVersion = try object.required("ociVersion").string()
    root = try object.value("root")
    process = try object.value("process")
    hostname = try object.text("hostname")
    domainname = try object.text("domainname")
    mounts = try object.values("mounts")
    hooks = try object.value("hooks")
    annotations = try object.pairs("annotations")
    linux = try object.value("linux")
  }
}

extension Root: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    path = try object.required("path").string()
    readonly = try object.bool("readonly") ?? false
  }
}

extension Mount: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    destination = try object.required("destination").string()
    type = try object.text("type")
    source = try object.text("source")
    options = try object.strings("options") ?? []
    uidMappings = try object.values("uidMappings")
    gidMappings = try object.values("gidMappings")
  }
}

extension Hooks: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    prestart = try object.values("prestart")
    createRuntime = try object.values("createRuntime")
    createContainer = try object.values("createContainer")
    startContainer = try object.values("startContainer")
    poststart = try object.values("poststart")
    poststop = try object.values("poststop")
  }
}

extension Hook: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    path = try object.required("path").string()
    args = try object.strings("args") ?? []
    env = try object.strings("env") ?? []
    timeout = try object.integer("timeout", in: 1...UInt32.max)
  }
}

// MARK: Process

extension Process: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    terminal = try object.bool("terminal") ?? false
    consoleSize = try object.value("consoleSize")
    user = try object.value("user") ?? User()
    args = try object.strings("args") ?? []
    env = try object.strings("env") ?? []
    cwd = try object.required("cwd").string()
    capabilities = try object.value("capabilities")
    rlimits = try object.values("rlimits")
    noNewPrivileges = try object.bool("noNewPrivileges") ?? false
    apparmorProfile = try object.text("apparmorProfile")
    selinuxLabel = try object.text("selinuxLabel")
    oomScoreAdj = try object.integer("oomScoreAdj", in: -1000...1000)
    scheduler = try object.value("scheduler")
    ioPriority = try object.value("ioPriority")
    execCPUAffinity = try object.value("execCPUAffinity")
  }
}

extension ConsoleSize: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    height = try object.required("height").integer()
    width = try object.required("width").integer()
  }
}

extension User: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    uid = try object.id("uid") ?? 0
    gid = try object.id("gid") ?? 0
    umask = try object.integer("umask", in: 0...0o777)
    additionalGids =
      try object.list("additionalGids") { value throws(JSONError) in
        try value.integer(in: 0...IDMapping.highestID)
      } ?? []
  }
}

extension Capabilities: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    bounding = try object.strings("bounding") ?? []
    effective = try object.strings("effective") ?? []
    inheritable = try object.strings("inheritable") ?? []
    permitted = try object.strings("permitted") ?? []
    ambient = try object.strings("ambient") ?? []
  }
}

extension Rlimit: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    type = try object.required("type").word()
    soft = try object.required("soft").integer()
    hard = try object.required("hard").integer()
  }
}

extension Scheduler: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    policy = try object.required("policy").word()
    nice = try object.integer("nice") ?? 0
    priority = try object.integer("priority") ?? 0
    flags = try object.words("flags") ?? []
    runtime = try object.integer("runtime") ?? 0
    deadline = try object.integer("deadline") ?? 0
    period = try object.integer("period") ?? 0
  }
}

extension IOPriority: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    self.class = try object.required("class").word()
    priority = try object.integer("priority", in: 0...7) ?? 0
  }
}

extension CPUAffinity: JSONDecodable {
  public init(json: JSONValue) throws(JSONError) {
    let object = try json.object()
    initial = try object.text("initial")
    final = try object.text("final")
  }
}
