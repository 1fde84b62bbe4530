// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import JSON
import OCI
import Testing

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The error of a configuration that must be refused.
func refusal(_ text: String) -> SpecError? {
  do {
    _ = try Spec(validating: bytes(text), source: "config.json")
    return nil
  } catch {
    return error
  }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A valid configuration that has every property.
let fullConfiguration = """
  {
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs", "readonly": true},
    "process": {
      "terminal": true,
      "consoleSize": {"height": 25, "width": 80},
      "user": {"uid": 1000, "gid": 1001, "umask": 18, "additionalGids": [5, 6]},
      "args": ["/bin/sh", "-c", "echo hello\\n"],
      "env": ["PATH=/usr/bin:/bin", "EMPTY=", "MULTI=a\\nb"],
      "cwd": "/work",
      "capabilities": {
        "bounding": ["CAP_KILL", "CAP_FUTURE"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"],
        "permitted": ["CAP_KILL"], "ambient": ["CAP_KILL"]
      },
      "rlimits": [
        {"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 4096},
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}
      ],
      "noNewPrivileges": true,
      "apparmorProfile": "acme",
      "selinuxLabel": "system_u:system_r:t:s0:c1,c2",
      "oomScoreAdj": -500,
      "scheduler": {
        "policy": "SCHED_DEADLINE", "nice": 0, "priority": 0, "flags": ["SCHED_FLAG_RESET_ON_FORK"],
        "runtime": 10000000, "deadline": 20000000, "period": 30000000
      },
      "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
      "execCPUAffinity": {"initial": "7", "final": "0-3, 7"}
    },
    "hostname": "host",
    "domainname": "example.test",
    "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec"]},
      {
        "destination": "/data", "type": "none", "source": "/srv", "options": ["rbind", "ridmap"],
        "uidMappings": [{"containerID": 0, "hostID": 5000, "size": 10}],
        "gidMappings": [{"containerID": 0, "hostID": 5000, "size": 10}]
      }
    ],
    "hooks": {
      "prestart": [{"path": "/bin/a", "args": ["a", "b"], "env": ["K=v"], "timeout": 5}],
      "createRuntime": [{"path": "/bin/b", "args": ["b"], "env": ["K=v"], "timeout": 1}],
      "createContainer": [{"path": "/bin/c", "args": ["c"], "env": ["K=v"], "timeout": 1}],
      "startContainer": [{"path": "/bin/d", "args": ["d"], "env": ["K=v"], "timeout": 1}],
      "poststart": [{"path": "/bin/e", "args": ["e"], "env": ["K=v"], "timeout": 1}],
      "poststop": [{"path": "/bin/f", "args": ["f"], "env": ["K=v"], "timeout": 1}]
    },
    "annotations": {"org.example/key": "value\\nof two lines", "other": "x"},
    "linux": {
      "namespaces": [
        {"type": "pid"}, {"type": "network", "path": "/run/netns/a"}, {"type": "mount"}, {"type": "ipc"},
        {"type": "uts"}, {"type": "user"}, {"type": "cgroup"}, {"type": "time"}
      ],
      "uidMappings": [
        {"containerID": 0, "hostID": 100000, "size": 65536}, {"containerID": 65536, "hostID": 1000, "size": 1}
      ],
      "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
      "timeOffsets": {
        "monotonic": {"secs": -172800, "nanosecs": 5}, "boottime": {"secs": 604800, "nanosecs": 999999999}
      },
      "devices": [
        {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0},
        {"path": "/dev/pipe", "type": "p", "fileMode": 384, "uid": 1, "gid": 2}
      ],
      "netDevices": {"eth0": {"name": "container0"}, "eth1": {}},
      "cgroupsPath": "/parent/child",
      "resources": {
        "devices": [
          {"allow": false, "access": "rwm"},
          {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}
        ],
        "memory": {
          "limit": 536870912, "reservation": 268435456, "swap": 1073741824, "kernel": -1, "kernelTCP": -1,
          "swappiness": 60, "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true
        },
        "cpu": {
          "shares": 1024, "quota": 50000, "burst": 10000, "period": 100000, "realtimeRuntime": 950000,
          "realtimePeriod": 1000000, "cpus": "2-3", "mems": "0", "idle": 1
        },
        "pids": {"limit": 32771},
        "blockIO": {
          "weight": 500, "leafWeight": 10,
          "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
          "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
          "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
          "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}],
          "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 300}]
        },
        "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
        "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
        "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "rxe3": {"hcaObjects": 1}},
        "unified": {"memory.high": "1000", "io.max": "8:0 rbps=1\\n8:16 wbps=2"}
      },
      "seccomp": {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "listenerPath": "/run/agent.sock", "listenerMetadata": "opaque",
        "syscalls": [
          {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
          {
            "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
            "args": [{"index": 0, "value": 2114060288, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ"}]
          },
          {"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}
        ]
      },
      "rootfsPropagation": "rslave",
      "maskedPaths": ["/proc/kcore"],
      "readonlyPaths": ["/proc/sys"],
      "sysctl": {
        "net.ipv4.ip_forward": "1", "net/ipv4/conf/eth0.100/forwarding": "1", "kernel.shmmax": "1",
        "fs.mqueue.msg_max": "10", "user.max_user_namespaces": "5", "kernel.sem": "250\\t32000\\t100\\t128"
      },
      "mountLabel": "system_u:object_r:f:s0:c715,c811",
      "personality": {"domain": "LINUX32", "flags": []},
      "intelRdt": {
        "closID": "group", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=7f0", "memBwSchema": "MB:0=20",
        "enableMonitoring": true
      },
      "memoryPolicy": {"mode": "MPOL_INTERLEAVE", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]}
    }
  }
  """
