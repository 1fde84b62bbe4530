// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public import JSON

extension Spec: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("ociVersion", ociVersion)
      json.member("process", process)
      json.member("root", root)
      json.member("hostname", hostname)
      json.member("domainname", domainname)
      json.list("mounts", mounts)
      json.member("hooks", hooks)
      json.pairs("annotations", annotations)
      json.member("linux", linux)
    }
  }
}

extension Root: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("path", path)
      json.flag("readonly", readonly)
    }
  }
}

extension Mount: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("destination", destination)
      json.member("type", type)
      json.member("source", source)
      json.list("options", options)
      json.list("uidMappings", uidMappings)
      json.list("gidMappings", gidMappings)
    }
  }
}

extension Hooks: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("prestart", prestart)
      json.list("createRuntime", createRuntime)
      json.list("createContainer", createContainer)
      json.list("startContainer", startContainer)
      json.list("poststart", poststart)
      json.list("poststop", poststop)
    }
  }
}

extension Hook: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("path", path)
      json.list("args", args)
      json.list("env", env)
      json.member("timeout", timeout)
    }
  }
}

// MARK: Process

extension Process: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.flag("terminal", terminal)
      json.member("consoleSize", consoleSize)
      json.member("user", user)
      json.list("args", args)
      json.list("env", env)
      json.member("cwd", cwd)
      json.member("capabilities", capabilities)
      json.list("rlimits", rlimits)
      json.flag("noNewPrivileges", noNewPrivileges)
      json.member("apparmorProfile", apparmorProfile)
      json.member("oomScoreAdj", oomScoreAdj)
      json.member("scheduler", scheduler)
      json.member("selinuxLabel", selinuxLabel)
      json.member("ioPriority", ioPriority)
      json.member("execCPUAffinity", execCPUAffinity)
    }
  }
}

extension ConsoleSize: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("height", height)
      json.member("width", width)
    }
  }
}

extension User: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("uid", uid)
      json.member("gid", gid)
      json.member("umask", umask)
      if !additionalGids.isEmpty {
        json.member("additionalGids") { $0.array(of: additionalGids) { $0.value($1) } }
      }
    }
  }
}

extension Capabilities: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.list("bounding", bounding)
      json.list("effective", effective)
      json.list("inheritable", inheritable)
      json.list("permitted", permitted)
      json.list("ambient", ambient)
    }
  }
}

extension Rlimit: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("type", type)
      json.member("hard", hard)
      json.member("soft", soft)
    }
  }
}

extension Scheduler: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("policy", policy)
      json.nonzero("nice", nice)
      json.nonzero("priority", priority)
      json.list("flags", flags)
      json.nonzero("runtime", runtime)
      json.nonzero("deadline", deadline)
      json.nonzero("period", period)
    }
  }
}

extension IOPriority: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("class", self.class)
      json.member("priority", priority)
    }
  }
}

extension CPUAffinity: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.object { json in
      json.member("initial", initial)
      json.member("final", final)
    }
  }
}
