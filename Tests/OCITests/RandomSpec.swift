// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import OCI

/// Makes configurations with any mixture of properties; they decode, but need not obey the rules.
struct RandomSpec {
  var random: SplitMix

  mutating func spec() -> Spec {
    var spec = Spec(ociVersion: text())
    spec.root = maybe { Root(path: $0.text(), readonly: $0.bool()) }
    spec.process = maybe { $0.process() }
    spec.hostname = maybe { $0.text() }
    spec.domainname = maybe { $0.text() }
    spec.mounts = list { generator in
      Mount(
        destination: generator.text(), type: generator.maybe { $0.text() },
        source: generator.maybe { $0.text() },
        options: generator.texts(), uidMappings: generator.mappings(), gidMappings: generator.mappings())
    }
    spec.hooks = maybe { $0.hooks() }
    spec.annotations = pairs()
    spec.linux = maybe { $0.linux() }
    return spec
  }

  private mutating func hooks() -> Hooks {
    var hooks = Hooks()
    hooks.prestart = hookList()
    hooks.createRuntime = hookList()
    hooks.createContainer = hookList()
    hooks.startContainer = hookList()
    hooks.poststart = hookList()
    hooks.poststop = hookList()
    return hooks
  }

  private mutating func hookList() -> [Hook] {
    list { generator in
      Hook(
        path: generator.text(), args: generator.texts(), env: generator.texts(),
        timeout: generator.maybe { $0.number(1...UInt32.max) })
    }
  }

  private mutating func process() -> Process {
    var process = Process(args: texts(), cwd: text())
    process.terminal = bool()
    process.consoleSize = maybe {
      ConsoleSize(height: $0.number(0...UInt16.max), width: $0.number(0...UInt16.max))
    }
    process.user = User(
      uid: id(), gid: id(), umask: maybe { $0.number(0...0o777) }, additionalGids: list { $0.id() })
    process.env = texts()
    process.capabilities = maybe {
      Capabilities(
        bounding: $0.texts(), effective: $0.texts(), inheritable: $0.texts(), permitted: $0.texts(),
        ambient: $0.texts())
    }
    process.rlimits = list {
      Rlimit($0.word(), soft: $0.number(0...UInt64.max), hard: $0.number(0...UInt64.max))
    }
    process.noNewPrivileges = bool()
    process.apparmorProfile = maybe { $0.text() }
    process.selinuxLabel = maybe { $0.text() }
    process.oomScoreAdj = maybe { $0.number(-1000...1000) }
    process.scheduler = maybe { generator in
      var scheduler = Scheduler(policy: generator.word())
      scheduler.nice = generator.number(Int32.min...Int32.max)
      scheduler.priority = generator.number(Int32.min...Int32.max)
      scheduler.flags = generator.list { $0.word() }
      scheduler.runtime = generator.number(0...UInt64.max)
      scheduler.deadline = generator.number(0...UInt64.max)
      scheduler.period = generator.number(0...UInt64.max)
      return scheduler
    }
    process.ioPriority = maybe { IOPriority(class: $0.word(), priority: $0.number(0...7)) }
    process.execCPUAffinity = maybe { generator in
      CPUAffinity(initial: generator.maybe { $0.text() }, final: generator.maybe { $0.text() })
    }
    return process
  }

  private mutating func linux() -> LinuxConfig {
    var linux = LinuxConfig()
    linux.namespaces = list { generator in Namespace(generator.word(), path: generator.maybe { $0.text() }) }
    linux.uidMappings = mappings()
    linux.gidMappings = mappings()
    linux.timeOffsets = maybe { generator in
      TimeOffsets(monotonic: generator.maybe { $0.offset() }, boottime: generator.maybe { $0.offset() })
    }
    linux.devices = list { $0.device() }
    linux.netDevices = keys().map { NetDevice(hostName: $0, name: maybe { $0.text() }) }
    linux.cgroupsPath = maybe { $0.text() }
    linux.resources = maybe { $0.resources() }
    linux.seccomp = maybe { $0.seccomp() }
    linux.rootfsPropagation = maybe { $0.word() }
    linux.maskedPaths = texts()
    linux.readonlyPaths = texts()
    linux.sysctl = pairs()
    linux.mountLabel = maybe { $0.text() }
    linux.personality = maybe { Personality(domain: $0.word(), flags: $0.texts()) }
    linux.intelRdt = maybe { generator in
      var rdt = IntelRdt()
      rdt.closID = generator.maybe { $0.text() }
      rdt.schemata = generator.texts()
      rdt.l3CacheSchema = generator.maybe { $0.text() }
      rdt.memBwSchema = generator.maybe { $0.text() }
      rdt.enableMonitoring = generator.bool()
      return rdt
    }
    linux.memoryPolicy = maybe { generator in
      MemoryPolicy(
        mode: generator.word(), nodes: generator.maybe { $0.text() }, flags: generator.list { $0.word() })
    }
    return linux
  }

  private mutating func device() -> Device {
    Device(
      type: word(), path: text(), major: number(0...4095), minor: number(0...1_048_575),
      fileMode: maybe { $0.number(0...0o7777) }, uid: maybe { $0.id() }, gid: maybe { $0.id() })
  }

  private mutating func seccomp() -> SeccompProfile {
    var profile = SeccompProfile(defaultAction: word(), defaultErrnoRet: maybe { $0.number(0...UInt32.max) })
    profile.architectures = list { $0.word() }
    profile.flags = maybe { $0.list { $0.word() } }
    profile.listenerPath = maybe { $0.text() }
    profile.listenerMetadata = maybe { $0.text() }
    profile.syscalls = list { generator in
      SeccompRule(
        names: generator.texts(), action: generator.word(),
        errnoRet: generator.maybe { $0.number(0...UInt32.max) },
        args: generator.list {
          SeccompArgument(
            index: $0.number(0...5), value: $0.number(0...UInt64.max), valueTwo: $0.number(0...UInt64.max),
            op: $0.word())
        })
    }
    return profile
  }

  // MARK: Resources

  private mutating func resources() -> Resources {
    var resources = Resources()
    resources.devices = list { generator in
      var access = DeviceAccess(rawValue: generator.number(1...7))
      if access.isEmpty { access = .all }
      return DeviceRule(
        allow: generator.bool(), type: generator.word(), major: generator.maybe { $0.number(0...UInt32.max) },
        minor: generator.maybe { $0.number(0...UInt32.max) }, access: access)
    }
    resources.memory = maybe { $0.memory() }
    resources.cpu = maybe { $0.cpu() }
    resources.pids = maybe { generator in PidsResources(limit: generator.maybe { $0.amount() }) }
    resources.blockIO = maybe { $0.blockIO() }
    resources.hugepageLimits = list { HugepageLimit(pageSize: $0.text(), limit: $0.number(0...UInt64.max)) }
    resources.network = maybe { generator in
      var network = NetworkResources()
      network.classID = generator.maybe { $0.number(0...UInt32.max) }
      network.priorities = generator.list {
        InterfacePriority(name: $0.text(), priority: $0.number(0...UInt32.max))
      }
      return network
    }
    resources.rdma = keys().map {
      RdmaLimit(
        device: $0, hcaHandles: maybe { $0.number(0...UInt32.max) },
        hcaObjects: maybe { $0.number(0...UInt32.max) })
    }
    resources.unified = pairs()
    return resources
  }

  private mutating func memory() -> MemoryResources {
    var memory = MemoryResources()
    memory.limit = maybe { $0.amount() }
    memory.reservation = maybe { $0.amount() }
    memory.swap = maybe { $0.amount() }
    memory.kernel = maybe { $0.amount() }
    memory.kernelTCP = maybe { $0.amount() }
    memory.swappiness = maybe { $0.number(0...100) }
    memory.disableOOMKiller = maybe { $0.bool() }
    memory.useHierarchy = maybe { $0.bool() }
    memory.checkBeforeUpdate = maybe { $0.bool() }
    return memory
  }

  private mutating func cpu() -> CPUResources {
    var cpu = CPUResources()
    cpu.shares = maybe { $0.number(0...UInt64.max) }
    cpu.quota = maybe { $0.amount() }
    cpu.burst = maybe { $0.number(0...UInt64.max) }
    cpu.period = maybe { $0.number(0...UInt64.max) }
    cpu.realtimeRuntime = maybe { $0.amount() }
    cpu.realtimePeriod = maybe { $0.number(0...UInt64.max) }
    cpu.cpus = maybe { $0.text() }
    cpu.mems = maybe { $0.text() }
    cpu.idle = maybe { $0.number(0...1) }
    return cpu
  }

  private mutating func blockIO() -> BlockIOResources {
    var blockIO = BlockIOResources()
    blockIO.weight = maybe { $0.number(0...UInt16.max) }
    blockIO.leafWeight = maybe { $0.number(0...UInt16.max) }
    blockIO.weightDevice = list { generator in
      WeightDevice(
        major: generator.number(0...UInt32.max), minor: generator.number(0...UInt32.max),
        weight: generator.maybe { $0.number(0...UInt16.max) },
        leafWeight: generator.maybe { $0.number(0...UInt16.max) })
    }
    blockIO.throttleReadBpsDevice = throttles()
    blockIO.throttleWriteBpsDevice = throttles()
    blockIO.throttleReadIOPSDevice = throttles()
    blockIO.throttleWriteIOPSDevice = throttles()
    return blockIO
  }

  private mutating func throttles() -> [ThrottleDevice] {
    list {
      ThrottleDevice(
        major: $0.number(0...UInt32.max), minor: $0.number(0...UInt32.max), rate: $0.number(0...UInt64.max))
    }
  }

  // MARK: Parts

  mutating func text() -> String {
    var text = ""
    for _ in 0...Int.random(in: 0..<12, using: &random) {
      let ranges: [ClosedRange<UInt32>] = [1...0x7F, 0x20...0x7E, 0x80...0x9FF, 0x10000...0x10FFFF]
      let value = UInt32.random(in: ranges[Int.random(in: 0..<4, using: &random)], using: &random)
      text.unicodeScalars.append(Unicode.Scalar(value) ?? "?")
    }
    return text
  }

  private mutating func texts() -> [String] { list { $0.text() } }

  /// Different texts.
  private mutating func keys() -> [String] { texts().enumerated().map { "\($0)\($1)" } }

  private mutating func pairs() -> [KeyValue] { keys().map { KeyValue($0, text()) } }

  private mutating func mappings() -> [IDMapping] {
    list { IDMapping(containerID: $0.id(), hostID: $0.id(), size: $0.number(1...UInt32.max)) }
  }

  private mutating func offset() -> TimeOffset {
    TimeOffset(secs: number(Int64.min...Int64.max), nanosecs: number(0...999_999_999))
  }

  private mutating func id() -> UInt32 { number(0...IDMapping.highestID) }

  private mutating func amount() -> Int64 { number(-1...Int64.max) }

  private mutating func bool() -> Bool { Bool.random(using: &random) }

  /// A number of a range, its ends more often than others.
  private mutating func number<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> T {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: range.lowerBound
    case 1: range.upperBound
    default: T.random(in: range, using: &random)
    }
  }

  private mutating func word<W: CaseIterable>() -> W where W.AllCases == [W] {
    W.allCases[Int.random(in: 0..<W.allCases.count, using: &random)]
  }

  private mutating func maybe<T>(_ make: (inout RandomSpec) -> T) -> T? {
    Int.random(in: 0..<4, using: &random) == 0 ? nil : make(&self)
  }

  private mutating func list<T>(_ make: (inout RandomSpec) -> T) -> [T] {
    var list: [T] = []
    for _ in 0..<Int.random(in: 0..<4, using: &random) { list.append(make(&self)) }
    return list
  }
}
