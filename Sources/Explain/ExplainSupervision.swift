// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
internal import Linux
internal import OCI

// What keeps runtime and container together until the container stands on its own.
extension Explainer {
  func dieWithRuntime() -> Draft {
    Draft(
      "Ask to be killed if the runtime dies",
      why:
        "The first thing that the process does: until its id is on record nobody could find it, and an interrupted "
        + "runtime must leave no process behind. Should the runtime be gone already, the end of file on their socket "
        + "ends the process at the next meeting point.",
      calls: ["prctl(PR_SET_PDEATHSIG, SIGKILL)"], manual: ["PR_SET_PDEATHSIG(2const)", "prctl(2)"],
      shell: ["setpriv --pdeathsig KILL \"$@\""])
  }

  func outliveRuntime() -> Draft {
    Draft(
      "Stop depending on the runtime",
      why:
        "Its id is on record now: the container can be found and removed without the runtime, which may end.",
      calls: ["prctl(PR_SET_PDEATHSIG, 0)"], manual: ["prctl(2)"], shell: ["setpriv --pdeathsig clear \"$@\""]
    )
  }

  func recordProcess() -> Draft {
    Draft(
      "Write the process id, its start time and the boot id into the record",
      why:
        "As soon as there is a process. A process id alone is no name, as the kernel gives it to another process "
        + "later; with the start time and the boot it is one, and nobody else is ever killed in its place.",
      calls: ["read(\"/proc/PID/stat\")", "renameat(state, …, state, …)"], manual: ["proc_pid_stat(5)"],
      shell: ["echo \"$PID\" > container.pid"])
  }

  func newSession() -> Draft {
    Draft(
      "Start a session of its own",
      why:
        "Without a controlling terminal: otherwise the program could push characters into the caller's terminal "
        + "with TIOCSTI, and the caller's shell would run them (CVE-2017-5226). Before the container's own terminal, "
        + "which only the leader of a session can take.",
      calls: ["setsid()"], manual: ["setsid(2)", "TIOCSTI(2const)"], shell: ["setsid \"$@\""])
  }

  func newSessionKeyring(_ name: String) -> Draft {
    Draft(
      "Join a new session keyring",
      why:
        "Keyrings belong to no namespace but the user's: the caller's keys would be the program's. After entering "
        + "the user namespace, to which the new keyring then belongs.",
      calls: ["keyctl(KEYCTL_JOIN_SESSION_KEYRING, \(Quoting.c(name)))"],
      manual: ["session-keyring(7)", "keyctl(2)"], shell: ["keyctl session \(Quoting.shell(name)) \"$@\""])
  }

  func runHooks(_ point: HookPoint, _ hooks: [Hook]) -> Draft {
    let (place, why) =
      switch point {
      case .prestart:
        (
          "in the runtime's namespaces",
          "The namespaces exist and the root has not changed: the moment to plug in a "
            + "network. The specification has replaced this point by createRuntime; old callers still use it."
        )
      case .createRuntime:
        (
          "in the runtime's namespaces",
          "The namespaces exist and the root has not changed: the moment to plug in a "
            + "network from outside."
        )
      case .createContainer:
        (
          "in the container's namespaces",
          "All mounts are there, and the host's files are still in reach, since "
            + "pivot_root(2) comes next: the last moment to bring something in."
        )
      case .startContainer:
        ("in the container", "After `start` and right before the program, with programs of the container.")
      case .poststart:
        ("in the runtime's namespaces", "The program runs, and the caller has not been answered yet.")
      case .poststop:
        ("in the runtime's namespaces", "The container is gone; what was set up for it can go as well.")
      }
    return Draft(
      "Run the \(point.rawValue) hook\(hooks.count == 1 ? "" : "s") \(place)",
      why: why
        + " Each reads the container's state on its standard input; the first that fails ends the attempt.",
      calls: hooks.flatMap { hook in
        [
          "clone3({flags=CLONE_PIDFD, exit_signal=SIGCHLD}, 88)",
          "execve(\(Quoting.c(hook.path)), \(Calls.array(hook.args.isEmpty ? [hook.path] : hook.args)), "
            + "/* \(hook.env.count) variable\(hook.env.count == 1 ? "" : "s") */)",
        ]
      },
      manual: ["execve(2)"],
      shell: hooks.map { hook in
        let limit = hook.timeout.map { "timeout --signal=KILL \($0) " } ?? ""
        return limit + "env -i \(Quoting.shell(hook.env + [hook.path] + hook.args.dropFirst())) < state.json"
      },
      details: hooks.enumerated().map { index, hook in
        let limit = hook.timeout.map { ", killed after \($0) s" } ?? ""
        return (Quoting.plain(hook.path) + limit, "/hooks/\(point.rawValue)/\(index)")
      })
  }

  // MARK: Meeting points

  func notify(_ milestone: Milestone) -> Draft {
    let (title, why) =
      switch milestone {
      case .identityMapped:
        ("Tell the container that its ids are mapped", "It waits for this before it takes any id.")
      case .namespacesReady:
        (
          "Tell the runtime that namespaces and file systems stand",
          "Its hooks work on both, and must not come earlier. The root "
            + "has not changed, as the specification demands of this moment."
        )
      case .hooksDone:
        (
          "Tell the container that the hooks have run",
          "It waits meanwhile, and must not go on if one fails. The "
            + "message carries the container's state, which its own hooks will read."
        )
      case .committed:
        (
          makesContainer ? "Tell the container that it is on record" : "Tell the process that it may go on",
          "The runtime's part is done. The message waits in the socket until "
            + "the container comes to it, at its very end: neither waits for the other in between."
        )
      case .console:
        (
          "Send the terminal's controlling end to the runtime",
          "The container made the pair, from its own devpts; only "
            + "the runtime can give it to the caller. By descriptor: a name could be anything."
        )
      case .seccompListener:
        (
          "Send the filter's listener to the runtime",
          "An agent outside answers the calls that the profile asks about. "
            + "Right after the filter is loaded: from here on such a call waits for the agent."
        )
      case .sourceOpened:
        ("Send the source to the runtime", "By descriptor: nothing of the host's has a name in there.")
      case .sourceMapped:
        ("Tell the container that the source's ids are mapped", "It attaches the mount that it has sent.")
      case .ready:
        (
          "Tell the runtime that everything but the program is done",
          "Whatever can go wrong has had its chance: `create` "
            + "reports success only now."
        )
      case .stopped:
        ("Tell the runtime that the container has stopped", "All that stands above is done on both sides.")
      case .resumed:
        ("Tell the container to go on", "Somebody has looked at what exists so far.")
      case .processMade:
        (
          "Tell the runtime the number of the container's process",
          "The stage ends; nobody else knows the number."
        )
      case .cgroupReady:
        (
          "Tell the container that it is in its cgroup",
          "It waits for this before it does anything else. The message carries the path, which is systemd's choice."
        )
      case .devicesMoved:
        (
          "Tell the container that its network devices are there",
          "Its hooks, and kernel parameters below net, may be about them."
        )
      }
    return Draft(
      title, why: "A meeting point. " + why,
      calls: ["sendmsg(socket, {\(milestone.rawValue)\(milestone.passesDescriptor ? ", SCM_RIGHTS" : "")})"],
      manual: milestone.passesDescriptor ? ["unix(7)", "cmsg(3)"] : ["unix(7)"])
  }

  func wait(_ milestone: Milestone) -> Draft {
    let (title, why) =
      switch milestone {
      case .identityMapped:
        ("Wait until the ids are mapped", "Without maps the process is nobody, in its own namespace too.")
      case .namespacesReady:
        ("Wait until namespaces and file systems stand", "The hooks that follow work on both.")
      case .hooksDone:
        ("Wait for the runtime's hooks", "What they set up must be there before the root changes.")
      case .committed:
        (
          makesContainer ? "Wait until the process is on record" : "Wait for leave to go on",
          "Here and not earlier: usually the message is there already, so that "
            + "nobody waits. Never without it: a program must not run that nobody could find. If the runtime has died, "
            + "the socket ends, and so does this process."
        )
      case .console:
        (
          "Take the terminal's controlling end",
          "It goes to the listener at --console-socket, or stays with the runtime, "
            + "which then copies between it and the caller's terminal."
        )
      case .seccompListener:
        ("Take the filter's listener", "For the agent at the profile's listenerPath.")
      case .sourceOpened:
        ("Take the source that the container has opened", "It is attached nowhere: nobody else can reach it.")
      case .sourceMapped:
        (
          "Wait until the source's ids are mapped",
          "Once the mount is attached they cannot be mapped any more."
        )
      case .ready:
        ("Wait until the container is ready", "Only then is `create` allowed to say that it succeeded.")
      case .processMade:
        (
          "Take the container's process from the stage",
          "The stage is reaped; the container's process is the runtime's "
            + "own child, so its number cannot be given away before the runtime has looked."
        )
      case .cgroupReady:
        (
          "Wait until systemd has made the scope",
          "A scope needs a process to be made around, so the process is there first and waits outside; nothing that it "
            + "does from here on escapes the limits."
        )
      case .devicesMoved:
        ("Wait until the network devices are there", "The runtime moves them meanwhile.")
      case .stopped:
        ("Wait until the container has stopped", "What is shown at a stop must not change meanwhile.")
      case .resumed:
        ("Wait for leave to go on", "If the runtime gives up, the socket ends, and so does this process.")
      }
    return Draft(
      title, why: "A meeting point. " + why,
      calls: ["recvmsg(socket)"]
        + (milestone == .processMade ? ["waitid(P_PIDFD, stage, WEXITED)", "pidfd_open(pid, 0)"] : []),
      manual: milestone.passesDescriptor ? ["unix(7)", "cmsg(3)"] : ["unix(7)"])
  }

  func pause(_ group: StepGroup) -> Draft {
    Draft(
      "Stop before \"\(group.title)\"",
      why:
        "Asked for by --step: the caller looks at what exists and says when to go on. Without the flag there is no such "
        + "step.",
      calls: ["sendmsg(caller, {\"\(group.rawValue) PID\"})", "recvmsg(caller)"], manual: ["unix(7)"])
  }

  func waitForStart() -> Draft {
    Draft(
      "Wait for `start`",
      why:
        "`create` ends here: the container is complete, and its program is not running. All that only the setting up "
        + "needed is closed first, since this can take long.",
      calls: ["accept4(socket, NULL, NULL, SOCK_CLOEXEC)"], manual: ["accept4(2)", "unix(7)"],
      shell: ["read -r _ < start.fifo"])
  }
}

extension Milestone {
  /// Whether a descriptor travels with the message.
  fileprivate var passesDescriptor: Bool { [.console, .seccompListener, .sourceOpened].contains(self) }
}

extension Calls {
  /// `["a", "b"]`.
  static func array(_ words: [String]) -> String {
    "[" + words.map { Quoting.c($0) }.joined(separator: ", ") + "]"
  }
}
