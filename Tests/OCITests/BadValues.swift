// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Testing

/// A change of ``fullConfiguration`` that makes it invalid.
struct BadValue: Sendable, CustomTestStringConvertible {
  /// What is replaced, added or (with `nil`) removed.
  var changes: [(pointer: String, value: String?)]
  /// The pointer of the error.
  var pointer: String
  /// A part of the error's text.
  var phrase: String

  /// A change at the place at fault.
  init(_ pointer: String, _ value: String?, _ phrase: String) {
    changes = [(pointer, value)]
    self.pointer = pointer
    self.phrase = phrase
  }

  /// Changes whose error stands elsewhere.
  init(_ changes: [(String, String?)], at pointer: String, _ phrase: String) {
    self.changes = changes.map { (pointer: $0.0, value: $0.1) }
    self.pointer = pointer
    self.phrase = phrase
  }

  var testDescription: String {
    changes.map { "\($0.pointer) = \($0.value ?? "nothing")" }.joined(separator: ", ")
  }
}

private let highestID = "expected an integer between 0 and 4294967294, found the number"

enum BadValues {
  static let topLevel: [BadValue] = [
    BadValue("/ociVersion", nil, "required, but missing"),
    BadValue("/ociVersion", "\"\"", "\"\" is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"v1.0.0\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0.0\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.00.0\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0-\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0-a..b\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0-a_b\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0+\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.0 \"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"1.0.x\"", "is not a SemVer 2.0 version"),
    BadValue("/ociVersion", "\"0.5.0-dev\"", "version \"0.5.0-dev\" of the specification is not supported"),
    BadValue("/ociVersion", "\"2.0.0\"", "is not supported, 1.x is"),
    BadValue("/root", nil, "required, but missing"),
    BadValue("/root/path", nil, "required, but missing"),
    BadValue("/root/path", "\"\"", "is empty"),
    BadValue("/process", nil, "required to start a container"),
    BadValue(
      "/hostname", "\"\(String(repeating: "h", count: 65))\"", "has 65 bytes, the kernel's limit is 64"),
    BadValue("/hostname", "\"a\\nb\"", "\"a\\nb\" contains a control character"),
    BadValue("/hostname", "\"a\\u007f\"", "contains a control character"),
    BadValue("/domainname", "\"\(String(repeating: "\u{E9}", count: 33))\"", "has 66 bytes"),
    BadValue("/domainname", "\"a\\tb\"", "contains a control character"),
    BadValue("/annotations/", "\"x\"", "an annotation's key is empty"),
    BadValue("/mounts/0/destination", nil, "required, but missing"),
    BadValue("/mounts/0/destination", "\"\"", "is empty"),
    BadValue(
      [("/mounts/1/gidMappings", nil)], at: "/mounts/1/gidMappings", "missing, while uidMappings is given"),
    BadValue(
      [("/mounts/1/uidMappings", "[]")], at: "/mounts/1/uidMappings", "missing, while gidMappings is given"),
    BadValue(
      "/mounts/1/uidMappings/0/size", "0", "expected an integer between 1 and 4294967295, found the number 0"),
    BadValue(
      "/mounts/1/gidMappings/0/hostID", "4294967290", "10 ids from 4294967290 on go beyond the highest id"),
    BadValue("/hooks/prestart/0/path", nil, "required, but missing"),
    BadValue("/hooks/prestart/0/path", "\"a\"", "\"a\" is not an absolute path"),
    BadValue("/hooks/createRuntime/0/path", "\"\"", "\"\" is not an absolute path"),
    BadValue("/hooks/createContainer/0/timeout", "0", "expected an integer between 1 and 4294967295"),
    BadValue("/hooks/startContainer/0/timeout", "-1", "expected an integer between 1 and 4294967295"),
    BadValue("/hooks/poststart/0/env/0", "\"K\"", "\"K\" is not of the form KEY=VALUE"),
    BadValue("/hooks/poststop/0/env/0", "\"=v\"", "\"=v\" has an empty key"),
  ]

  static let process: [BadValue] = [
    BadValue("/process/args", nil, "required, but missing or empty"),
    BadValue("/process/args", "[]", "required, but missing or empty"),
    BadValue("/process/args/0", "\"\"", "it names the program"),
    BadValue("/process/args/1", "\"a\\u0000b\"", "a string must not contain NUL").moved(
      to: "/process/args/1"),
    BadValue("/process/cwd", nil, "required, but missing"),
    BadValue("/process/cwd", "\"\"", "is not an absolute path"),
    BadValue("/process/cwd", "\"work\"", "\"work\" is not an absolute path"),
    BadValue("/process/env/0", "\"NOVALUE\"", "\"NOVALUE\" is not of the form KEY=VALUE"),
    BadValue("/process/env/1", "\"\"", "is not of the form KEY=VALUE"),
    BadValue("/process/env/2", "\"=x\"", "\"=x\" has an empty key"),
    BadValue("/process/env/0", "\"A\\nB=x\"", "the key of \"A\\nB=x\" contains a control character"),
    BadValue("/process/user/uid", "4294967295", highestID),
    BadValue("/process/user/uid", "4294967296", highestID),
    BadValue("/process/user/uid", "-1", highestID),
    BadValue("/process/user/uid", "1.5", highestID),
    BadValue("/process/user/uid", "70000", "70000 is not mapped by /linux/uidMappings"),
    BadValue("/process/user/gid", "4294967295", highestID),
    BadValue("/process/user/gid", "65536", "65536 is not mapped by /linux/gidMappings"),
    BadValue("/process/user/additionalGids/1", "4294967295", highestID),
    BadValue("/process/user/additionalGids/0", "65536", "65536 is not mapped by /linux/gidMappings"),
    BadValue("/process/user/umask", "512", "expected an integer between 0 and 511, found the number 512"),
    BadValue("/process/consoleSize/height", "65536", "expected an integer between 0 and 65535"),
    BadValue("/process/consoleSize/width", nil, "required, but missing"),
    BadValue("/process/rlimits/0/type", nil, "required, but missing"),
    BadValue("/process/rlimits/0/soft", nil, "required, but missing"),
    BadValue("/process/rlimits/0/hard", nil, "required, but missing"),
    BadValue("/process/rlimits/0/soft", "4097", "4097 is above the hard limit of 4096"),
    BadValue("/process/rlimits/0/hard", "-1", "expected an integer between 0 and 18446744073709551615"),
    BadValue("/process/rlimits/0/hard", "18446744073709551616", "expected an integer between 0 and"),
    BadValue("/process/rlimits/1/type", "\"RLIMIT_NOFILE\"", "RLIMIT_NOFILE is set twice"),
    BadValue("/process/apparmorProfile", "\"a\\nb\"", "contains a control character"),
    BadValue("/process/selinuxLabel", "\"a\\u0001\"", "contains a control character"),
    BadValue("/process/oomScoreAdj", "-1001", "expected an integer between -1000 and 1000"),
    BadValue("/process/oomScoreAdj", "1001", "expected an integer between -1000 and 1000"),
    BadValue("/process/scheduler/policy", nil, "required, but missing"),
    BadValue("/process/scheduler/policy", "\"SCHED_ISO\"", "no Linux kernel implements SCHED_ISO"),
    BadValue("/process/scheduler/priority", "1", "only SCHED_FIFO and SCHED_RR have a priority"),
    BadValue("/process/scheduler/runtime", "0", "SCHED_DEADLINE needs a runtime"),
    BadValue("/process/scheduler/deadline", "9999999", "9999999 is below the runtime of 10000000"),
    BadValue("/process/scheduler/period", "19999999", "19999999 is below the deadline of 20000000"),
    BadValue(
      [("/process/scheduler/policy", "\"SCHED_OTHER\"")], at: "/process/scheduler/runtime",
      "only SCHED_DEADLINE has a runtime"),
    BadValue(
      [("/process/scheduler", "{\"policy\":\"SCHED_OTHER\",\"nice\":20}")], at: "/process/scheduler/nice",
      "20 is not between -20 and 19"),
    BadValue(
      [("/process/scheduler", "{\"policy\":\"SCHED_BATCH\",\"nice\":-21}")], at: "/process/scheduler/nice",
      "-21 is not between"),
    BadValue(
      [("/process/scheduler", "{\"policy\":\"SCHED_FIFO\"}")], at: "/process/scheduler/priority",
      "0 is not between 1 and 99, as SCHED_FIFO needs"),
    BadValue(
      [("/process/scheduler", "{\"policy\":\"SCHED_RR\",\"priority\":100}")],
      at: "/process/scheduler/priority",
      "100 is not between 1 and 99"),
    BadValue(
      "/process/scheduler/nice", "2147483648", "expected an integer between -2147483648 and 2147483647"),
    BadValue("/process/ioPriority/class", nil, "required, but missing"),
    BadValue("/process/ioPriority/priority", "8", "expected an integer between 0 and 7"),
    BadValue("/process/ioPriority/priority", "-1", "expected an integer between 0 and 7"),
    BadValue("/process/execCPUAffinity/initial", "\"x\"", "\"x\" is not a list of processors"),
    BadValue("/process/execCPUAffinity/initial", "\"3-1\"", "is not a list of processors"),
    BadValue("/process/execCPUAffinity/final", "\"1,,2\"", "is not a list of processors"),
    BadValue("/process/execCPUAffinity/final", "\"0-65536\"", "is not a list of processors"),
    BadValue("/process/execCPUAffinity/final", "\"-1\"", "is not a list of processors"),
    BadValue("/process/execCPUAffinity/final", "\"1-2-3\"", "is not a list of processors"),
  ]

  static let linux: [BadValue] = [
    BadValue("/linux/namespaces/0/type", nil, "required, but missing"),
    BadValue("/linux/namespaces/0/type", "\"ipc\"", "a second ipc namespace")
      .moved(to: "/linux/namespaces/3/type"),
    BadValue("/linux/namespaces/1/path", "\"netns/a\"", "\"netns/a\" is not an absolute path"),
    BadValue(
      [("/linux/namespaces/8", "{\"type\":\"pid\"}")], at: "/linux/namespaces/8/type",
      "a second pid namespace"),
    BadValue([("/linux/namespaces/4", nil)], at: "/hostname", "needs a uts namespace"),
    BadValue([("/linux/namespaces/4", nil), ("/hostname", nil)], at: "/domainname", "needs a uts namespace"),
    BadValue([("/linux", nil)], at: "/hostname", "needs a uts namespace"),
    BadValue([("/linux/namespaces/5", nil)], at: "/linux/uidMappings", "needs a user namespace"),
    BadValue(
      [("/linux/namespaces/5", nil), ("/linux/uidMappings", nil)], at: "/linux/gidMappings",
      "needs a user namespace"),
    BadValue("/linux/uidMappings", "[]", "required for a new user namespace"),
    BadValue("/linux/gidMappings", nil, "required for a new user namespace"),
    BadValue("/linux/uidMappings/0/containerID", nil, "required, but missing"),
    BadValue("/linux/uidMappings/0/hostID", nil, "required, but missing"),
    BadValue("/linux/uidMappings/0/size", nil, "required, but missing"),
    BadValue("/linux/uidMappings/0/size", "0", "expected an integer between 1 and"),
    BadValue("/linux/uidMappings/0/size", "4294967296", "expected an integer between 1 and"),
    BadValue("/linux/uidMappings/0/hostID", "4294967295", highestID),
    BadValue(
      "/linux/uidMappings/0/hostID", "4294967294", "65536 ids from 4294967294 on go beyond the highest id"),
    BadValue("/linux/uidMappings/1/containerID", "65535", "overlaps that of /linux/uidMappings/0"),
    BadValue("/linux/uidMappings/1/hostID", "100000", "overlaps that of /linux/uidMappings/0"),
    BadValue("/linux/uidMappings/1/size", "99001", "overlaps").moved(to: "/linux/uidMappings/1/hostID"),
    BadValue("/linux/timeOffsets/realtime", "{\"secs\":1}", "no such clock"),
    BadValue(
      "/linux/timeOffsets/monotonic/nanosecs", "1000000000", "expected an integer between 0 and 999999999"),
    BadValue("/linux/timeOffsets/monotonic/secs", "9223372036854775808", "expected an integer between"),
    BadValue([("/linux/namespaces/7", nil)], at: "/linux/timeOffsets", "needs a time namespace"),
    BadValue(
      [("/linux/namespaces/7/path", "\"/x\"")], at: "/linux/timeOffsets",
      "only a new time namespace has offsets"),
    BadValue("/linux/devices/0/path", nil, "required, but missing"),
    BadValue("/linux/devices/0/path", "\"dev/x\"", "is not an absolute path"),
    BadValue("/linux/devices/0/path", "\"/dev/../x\"", "has an empty part, . or .. in it"),
    BadValue("/linux/devices/0/path", "\"/dev/./x\"", "has an empty part, . or .. in it"),
    BadValue("/linux/devices/0/path", "\"/dev//x\"", "has an empty part, . or .. in it"),
    BadValue("/linux/devices/0/path", "\"/dev/x/\"", "has an empty part, . or .. in it"),
    BadValue("/linux/devices/0/path", "\"/\"", "has an empty part, . or .. in it"),
    BadValue("/linux/devices/0/path", "\"/dev/x\\n\"", "contains a control character"),
    BadValue("/linux/devices/0/type", nil, "required, but missing"),
    BadValue("/linux/devices/0/type", "\"a\"", "expected one of b, c, u, p"),
    BadValue("/linux/devices/0/type", "\"q\"", "expected one of b, c, u, p"),
    BadValue("/linux/devices/0/major", nil, "required, but missing"),
    BadValue("/linux/devices/0/minor", nil, "required, but missing"),
    BadValue("/linux/devices/0/major", "4096", "expected an integer between 0 and 4095"),
    BadValue("/linux/devices/0/major", "-1", "expected an integer between 0 and 4095"),
    BadValue("/linux/devices/0/minor", "1048576", "expected an integer between 0 and 1048575"),
    BadValue("/linux/devices/0/fileMode", "65536", "expected an integer between 0 and 65535"),
    BadValue("/linux/devices/0/uid", "4294967295", highestID),
    BadValue("/linux/devices/0/gid", "4294967295", highestID),
    BadValue(
      [("/linux/namespaces/1", nil), ("/linux/sysctl", nil)], at: "/linux/netDevices",
      "needs a network namespace"),
    BadValue("/linux/netDevices/eth0/name", "\"a b\"", "is not an interface name"),
    BadValue("/linux/netDevices/eth0/name", "\"sixteen-letters-\"", "is not an interface name"),
    BadValue("/linux/netDevices/eth0/name", "\"..\"", "is not an interface name"),
    BadValue("/linux/netDevices/eth0/name", "\"a/b\"", "is not an interface name"),
    BadValue("/linux/netDevices/eth0/name", "\"a:b\"", "is not an interface name"),
    BadValue("/linux/netDevices/eth0/name", "\"a%s\"", "has a % that is not part of %d"),
    BadValue("/linux/netDevices/eth0/name", "\"a%d%d\"", "has a % that is not part of %d"),
    BadValue("/linux/netDevices/eth0/name", "\"eth1\"", "a second device").moved(
      to: "/linux/netDevices/eth1/name"),
    BadValue("/linux/netDevices/a~1b", "{}", "is not an interface name"),
    BadValue("/linux/netDevices/", "{}", "is not an interface name"),
    BadValue("/linux/cgroupsPath", "\"/../../x\"", "must not contain .."),
    BadValue("/linux/cgroupsPath", "\"a/..\"", "must not contain .."),
    BadValue("/linux/cgroupsPath", "\"..\"", "must not contain .."),
    BadValue("/linux/cgroupsPath", "\"a\\nb\"", "contains a control character"),
    BadValue("/linux/maskedPaths/0", "\"proc/kcore\"", "is not an absolute path"),
    BadValue("/linux/maskedPaths/0", "\"\"", "is not an absolute path"),
    BadValue("/linux/readonlyPaths/0", "\"proc\"", "is not an absolute path"),
    BadValue([("/linux/namespaces/2", nil)], at: "/linux/maskedPaths", "needs a mount namespace"),
    BadValue(
      [("/linux/namespaces/2", nil), ("/linux/maskedPaths", nil)], at: "/linux/readonlyPaths",
      "needs a mount namespace"),
    BadValue("/linux/mountLabel", "\"a\\\",exec\"", "must not contain quotation marks"),
    BadValue("/linux/mountLabel", "\"a\\nb\"", "contains a control character"),
    BadValue("/linux/personality/domain", nil, "required, but missing"),
    BadValue("/linux/personality/flags", "[\"ADDR_NO_RANDOMIZE\"]", "defines no personality flags"),
    BadValue("/linux/intelRdt/closID", "\"..\"", "is not / or the name of a directory"),
    BadValue("/linux/intelRdt/closID", "\".\"", "is not / or the name of a directory"),
    BadValue("/linux/intelRdt/closID", "\"a/b\"", "is not / or the name of a directory"),
    BadValue("/linux/intelRdt/closID", "\"a\\nb\"", "contains a control character"),
    BadValue("/linux/intelRdt/memBwSchema", "\"L3:0=1\"", "does not start with MB:"),
    BadValue("/linux/intelRdt/memBwSchema", "\"MB:0=1\\nL3:0=1\"", "contains a control character"),
    BadValue("/linux/intelRdt/l3CacheSchema", "\"L3:0=1\\r\"", "contains a control character"),
    BadValue("/linux/intelRdt/schemata/0", "\"L3:0=1\\nL2:0=1\"", "contains a control character"),
    BadValue("/linux/intelRdt/schemata/0", "\"\"", "is empty"),
    BadValue("/linux/memoryPolicy/mode", nil, "required, but missing"),
    BadValue("/linux/memoryPolicy/nodes", nil, "MPOL_INTERLEAVE needs at least one node"),
    BadValue("/linux/memoryPolicy/nodes", "\"a\"", "is not a list of nodes"),
    BadValue("/linux/memoryPolicy/mode", "\"MPOL_LOCAL\"", "MPOL_LOCAL takes no nodes")
      .moved(to: "/linux/memoryPolicy/nodes"),
    BadValue("/linux/memoryPolicy/mode", "\"MPOL_DEFAULT\"", "MPOL_DEFAULT takes no nodes")
      .moved(to: "/linux/memoryPolicy/nodes"),
    BadValue(
      "/linux/memoryPolicy/flags", "[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]", "exclude each other"
    ),
  ]

  static let sysctl: [BadValue] = [
    BadValue("/linux/sysctl/kernel.core_pattern", "\"|/x\"", "is not kept per namespace"),
    BadValue("/linux/sysctl/vm.overcommit_memory", "\"1\"", "is not kept per namespace"),
    BadValue("/linux/sysctl/kernel.shmmax.x", "\"1\"", "is not kept per namespace"),
    BadValue("/linux/sysctl/fs.mqueue", "\"1\"", "is not kept per namespace"),
    BadValue("/linux/sysctl/fs.file-max", "\"1\"", "is not kept per namespace"),
    BadValue(
      [("/hostname", nil), ("/linux/sysctl/kernel.hostname", "\"x\"")], at: "/linux/sysctl/kernel.hostname",
      "set /hostname instead"),
    BadValue("/linux/sysctl/kernel.hostname", "\"x\"", "set /hostname instead"),
    BadValue("/linux/sysctl/kernel.domainname", "\"x\"", "sets the same as /domainname"),
    BadValue(
      "/linux/sysctl/net~1..~1vm~1overcommit_memory", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net.~1~1.vm.overcommit_memory", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net..ipv4", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net.ipv4.", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/.net.ipv4", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/~1net~1ipv4", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net.ipv4.x=1\nkernel.x", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net.ipv4. x", "\"1\"", "is not the name of a kernel parameter"),
    BadValue("/linux/sysctl/net.ipv4.ip_forward", "\"1\\n\"", "contains a control character"),
    BadValue("/linux/sysctl/net.ipv4.ip_forward", "\"1\\u0000\"", "a string must not contain NUL"),
    BadValue(
      [("/linux/namespaces/1", nil), ("/linux/netDevices", nil)], at: "/linux/sysctl/net.ipv4.ip_forward",
      "needs a namespace of type network"),
    BadValue(
      [("/linux/namespaces/3", nil)], at: "/linux/sysctl/kernel.shmmax", "needs a namespace of type ipc"),
    BadValue(
      [("/linux/namespaces/3", nil), ("/linux/sysctl", "{\"fs.mqueue.msg_max\":\"1\"}")],
      at: "/linux/sysctl/fs.mqueue.msg_max", "needs a namespace of type ipc"),
    BadValue(
      [
        ("/linux/namespaces/4", nil), ("/hostname", nil), ("/domainname", nil),
        ("/linux/sysctl/kernel.domainname", "\"x\""),
      ], at: "/linux/sysctl/kernel.domainname", "needs a namespace of type uts"),
    BadValue(
      [("/linux/namespaces/5", nil), ("/linux/uidMappings", nil), ("/linux/gidMappings", nil)],
      at: "/linux/sysctl/user.max_user_namespaces", "needs a namespace of type user"),
  ]

  static let resources: [BadValue] = [
    BadValue("/linux/resources/devices/0/allow", nil, "required, but missing"),
    BadValue("/linux/resources/devices/1/access", nil, "required, but missing"),
    BadValue("/linux/resources/devices/1/access", "\"\"", "expected some of the letters r, w and m"),
    BadValue("/linux/resources/devices/1/access", "\"rx\"", "expected some of the letters r, w and m"),
    BadValue("/linux/resources/devices/1/type", "\"p\"", "expected one of a, b, c"),
    BadValue("/linux/resources/devices/1/major", "-2", "expected an integer between -1 and 4294967295"),
    BadValue(
      "/linux/resources/devices/1/minor", "4294967296", "expected an integer between -1 and 4294967295"),
    BadValue("/linux/resources/memory/limit", "-5", "expected an integer between -1 and 9223372036854775807"),
    BadValue("/linux/resources/memory/limit", "9223372036854775808", "expected an integer between -1 and"),
    BadValue("/linux/resources/memory/reservation", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/memory/swap", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/memory/swap", "536870911", "is below the memory limit of 536870912"),
    BadValue("/linux/resources/memory/kernel", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/memory/kernelTCP", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/memory/swappiness", "101", "expected an integer between 0 and 100"),
    BadValue("/linux/resources/cpu/shares", "18446744073709551616", "expected an integer between 0 and"),
    BadValue("/linux/resources/cpu/shares", "-1", "expected an integer between 0 and"),
    BadValue("/linux/resources/cpu/quota", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/cpu/quota", "999", "is neither -1 (no limit) nor at least 1000 microseconds"),
    BadValue("/linux/resources/cpu/period", "999", "999 is not between 1000 and 1000000 microseconds"),
    BadValue("/linux/resources/cpu/period", "1000001", "is not between 1000 and 1000000 microseconds"),
    BadValue("/linux/resources/cpu/burst", "50001", "50001 is above the quota of 50000"),
    BadValue("/linux/resources/cpu/realtimeRuntime", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/cpu/realtimeRuntime", "1000001", "1000001 is above the period of 1000000"),
    BadValue("/linux/resources/cpu/cpus", "\"2-\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/cpus", "\"3-2\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/cpus", "\"0\\n1\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/cpus", "\"0-9:3\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/cpus", "\"0-9:3/2\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/cpus", "\"0-9:1/2:3\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/mems", "\"x\"", "is not a list like 0-3,7"),
    BadValue("/linux/resources/cpu/idle", "2", "expected an integer between 0 and 1"),
    BadValue("/linux/resources/pids/limit", "-2", "expected an integer between -1 and"),
    BadValue("/linux/resources/blockIO/weight", "9", "9 is not between 10 and 1000"),
    BadValue("/linux/resources/blockIO/weight", "1001", "1001 is not between 10 and 1000"),
    BadValue("/linux/resources/blockIO/weight", "65536", "expected an integer between 0 and 65535"),
    BadValue("/linux/resources/blockIO/leafWeight", "1", "1 is not between 10 and 1000"),
    BadValue("/linux/resources/blockIO/weightDevice/0/weight", "5", "5 is not between 10 and 1000"),
    BadValue("/linux/resources/blockIO/weightDevice/0/leafWeight", "5", "5 is not between 10 and 1000"),
    BadValue("/linux/resources/blockIO/weightDevice/0/major", nil, "required, but missing"),
    BadValue(
      "/linux/resources/blockIO/weightDevice/0", "{\"major\":8,\"minor\":0}",
      "has neither weight nor leafWeight"),
    BadValue("/linux/resources/blockIO/throttleReadBpsDevice/0/rate", nil, "required, but missing"),
    BadValue(
      "/linux/resources/blockIO/throttleWriteBpsDevice/0/rate", "-1", "expected an integer between 0 and"),
    BadValue("/linux/resources/blockIO/throttleReadIOPSDevice/0/minor", nil, "required, but missing"),
    BadValue(
      "/linux/resources/blockIO/throttleWriteIOPSDevice/0/major", "-1", "expected an integer between 0 and"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", nil, "required, but missing"),
    BadValue("/linux/resources/hugepageLimits/0/limit", nil, "required, but missing"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"64kB\"", "is not a size like 64KB, 2MB or 1GB"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"2M\"", "is not a size like"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"MB\"", "is not a size like"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"02MB\"", "is not a size like"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"../x\"", "is not a size like"),
    BadValue("/linux/resources/hugepageLimits/0/pageSize", "\"2.5MB\"", "is not a size like"),
    BadValue(
      "/linux/resources/network/classID", "4294967296", "expected an integer between 0 and 4294967295"),
    BadValue("/linux/resources/network/priorities/0/name", "\"a b\"", "is not an interface name"),
    BadValue("/linux/resources/network/priorities/0/name", nil, "required, but missing"),
    BadValue("/linux/resources/network/priorities/0/priority", nil, "required, but missing"),
    BadValue("/linux/resources/rdma/mlx5_1/hcaHandles", "-1", "expected an integer between 0 and 4294967295"),
    BadValue("/linux/resources/rdma/rxe3", "{}", "has neither hcaHandles nor hcaObjects"),
    BadValue("/linux/resources/rdma/a b", "{\"hcaObjects\":1}", "is not the name of a device"),
    BadValue("/linux/resources/unified/memory~1max", "\"1\"", "is not the name of a cgroup file"),
    BadValue("/linux/resources/unified/..", "\"1\"", "is not the name of a cgroup file"),
    BadValue("/linux/resources/unified/memory", "\"1\"", "is not the name of a cgroup file"),
    BadValue("/linux/resources/unified/", "\"1\"", "is not the name of a cgroup file"),
    BadValue("/linux/resources/unified/memory.high", "\"1\\u0007\"", "contains a control character"),
  ]

  static let seccomp: [BadValue] = [
    BadValue("/linux/seccomp/defaultAction", nil, "required, but missing"),
    BadValue("/linux/seccomp/defaultAction", "\"\"", "expected one of SCMP_ACT_KILL"),
    BadValue("/linux/seccomp/defaultAction", "\"SCMP_ACT_NOTIFY\"", "cannot be the default"),
    BadValue("/linux/seccomp/defaultErrnoRet", "4096", "4096 is above 4095"),
    BadValue("/linux/seccomp/defaultErrnoRet", "-1", "expected an integer between 0 and 4294967295"),
    BadValue("/linux/seccomp/defaultAction", "\"SCMP_ACT_KILL\"", "SCMP_ACT_KILL has no errno")
      .moved(to: "/linux/seccomp/defaultErrnoRet"),
    BadValue("/linux/seccomp/syscalls/0/names", nil, "required, but missing"),
    BadValue("/linux/seccomp/syscalls/0/names", "[]", "a rule needs at least one system call"),
    BadValue("/linux/seccomp/syscalls/0/names/1", "\"\"", "is empty"),
    BadValue("/linux/seccomp/syscalls/0/action", nil, "required, but missing"),
    BadValue("/linux/seccomp/syscalls/0/errnoRet", "1", "SCMP_ACT_ALLOW has no errno"),
    BadValue("/linux/seccomp/syscalls/1/errnoRet", "4096", "4096 is above 4095"),
    BadValue(
      [
        ("/linux/seccomp/syscalls/1/action", "\"SCMP_ACT_TRACE\""),
        ("/linux/seccomp/syscalls/1/errnoRet", "65536"),
      ],
      at: "/linux/seccomp/syscalls/1/errnoRet", "65536 is above 65535"),
    BadValue("/linux/seccomp/syscalls/1/args/0/index", "6", "expected an integer between 0 and 5"),
    BadValue("/linux/seccomp/syscalls/1/args/0/index", nil, "required, but missing"),
    BadValue("/linux/seccomp/syscalls/1/args/0/value", nil, "required, but missing"),
    BadValue("/linux/seccomp/syscalls/1/args/0/value", "-1", "expected an integer between 0 and"),
    BadValue("/linux/seccomp/syscalls/1/args/0/op", nil, "required, but missing"),
    BadValue("/linux/seccomp/syscalls/2/names/0", "\"write\"", "cannot be used for the write syscall"),
    BadValue(
      [("/linux/seccomp/listenerPath", nil)], at: "/linux/seccomp/syscalls/2/action",
      "needs an agent's socket"),
    BadValue(
      [("/linux/seccomp/listenerPath", nil), ("/linux/seccomp/syscalls/2", nil)],
      at: "/linux/seccomp/listenerMetadata", "is of no use without listenerPath"),
  ]
}

extension BadValue {
  fileprivate func moved(to pointer: String) -> BadValue {
    var copy = self
    copy.pointer = pointer
    return copy
  }
}
