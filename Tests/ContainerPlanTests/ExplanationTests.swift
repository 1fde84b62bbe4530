// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import ContainerPlan
import Explain
import Foundation
import JSON
import OCI
import Testing

@Suite("Explanations")
struct ExplanationTests {
  @Test("every step says what, why and how", arguments: GoldenCases.all.keys.sorted())
  func complete(name: String) throws {
    let plan = try GoldenCases.make(name)
    let explanation = plan.explanation()
    #expect(explanation.steps.map(\.number) == Array(1...plan.steps.count))
    for (step, planned) in zip(explanation.steps, plan.steps) {
      #expect(step.side == planned.side && step.origin == planned.origin.pointer)
      #expect(!step.title.isEmpty && !step.title.hasSuffix("."))
      #expect(step.why.hasSuffix(".") && !step.why.contains("  "), "\(step.why)")
      #expect(!step.manual.isEmpty || step.title.hasPrefix("Make no cgroups"), "\(step.title)")
      #expect(step.manual.allSatisfy { $0.hasSuffix(")") })
    }
  }

  @Test(
    "the groups of a container begin in their order, and only limits and what they interrupt come again",
    arguments: ["default", "everything", "rootless", "create-hooks"])
  func groups(name: String) throws {
    let steps = try GoldenCases.make(name).explanation().steps
    var order: [StepGroup] = []
    var again: Set<StepGroup> = []
    for (index, step) in steps.enumerated() where index == 0 || steps[index - 1].group != step.group {
      if order.contains(step.group) { again.insert(step.group) } else { order.append(step.group) }
    }
    #expect(order == StepGroup.allCases.filter { order.contains($0) })
    #expect(again.isSubset(of: [.limits, .identity, .namespaces, .system]))
    #expect(order.count >= 6)
  }

  @Test("lines are at most as long as asked for, but for words that are longer")
  func width() throws {
    let explanation = try GoldenCases.make("everything").explanation()
    for width in [60, 100] {
      let long = explanation.text(width: width).split(separator: "\n").filter { $0.count > width }
      // What is left over is a single word behind the indentation and a label.
      for line in long {
        let labels: Set<String> = ["call", "shell", "sets", "man", "\\"]
        let words = line.split(separator: " ").map { String($0) }.filter { !labels.contains($0) }
        #expect(words.count == 1 || line.contains("'") || line.contains("\""), "\(line)")
      }
    }
  }

  @Test("the caller's names take the place of pointers")
  func names() throws {
    let plan = try GoldenCases.plan(
      .small {
        $0.linux?.resources = .several
        $0.linux?.resources?.devices = []
      }
    ) { $0.cgroups = Hosts.v2 }
    let explanation = plan.explanation {
      ["/linux/resources/memory/limit": "--memory", "/root/path": "ROOT"][$0]
    }
    let text = explanation.text()
    #expect(text.contains("asked for by ROOT."))
    #expect(text.contains("memory.max = 268435456 (--memory)"))
    #expect(text.contains("pids.max = 100 (/linux/resources/pids/limit)"))
  }

  @Test("the JSON form has all of it")
  func json() throws {
    let explanation = try GoldenCases.make("everything").explanation {
      $0 == "/hostname" ? "--hostname" : nil
    }
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(explanation.json())) as? [String: [[String: Any]]])
    let steps = try #require(object["steps"])
    #expect(steps.count == explanation.steps.count)
    for (json, step) in zip(steps, explanation.steps) {
      #expect(json["number"] as? Int == step.number)
      #expect(json["group"] as? String == step.group.rawValue)
      #expect(json["title"] as? String == step.title)
      #expect(json["why"] as? String == step.why)
      #expect(json["origin"] as? String == (step.origin.isEmpty ? nil : step.origin))
      #expect(json["requestedBy"] as? String == step.requestedBy)
      #expect(json["calls"] as? [String] == step.calls)
      #expect(json["shell"] as? [String] == step.shell)
      #expect((json["details"] as? [Any])?.count ?? 0 == step.details.count)
    }
    #expect(steps.contains { $0["requestedBy"] as? String == "--hostname" })
  }

  @Test("no text of the configuration reaches the terminal as a control character")
  func controlCharacters() throws {
    let evil = "\u{1B}]0;x\u{7}\u{9B}\n'\""
    let plan = try GoldenCases.plan(
      .small {
        $0.root = Root(path: "/r" + evil, readonly: true)
        $0.hostname = evil
        $0.process?.args = ["/bin/x" + evil, evil]
        $0.process?.env = ["A=" + evil]
        $0.process?.cwd = "/" + evil
        $0.process?.apparmorProfile = evil
        $0.process?.selinuxLabel = evil
        $0.hooks = .one(\.createRuntime, Hook(path: "/" + evil, args: [evil], env: [evil]))
        $0.linux?.sysctl = [KeyValue("net." + evil, evil)]
        $0.linux?.maskedPaths = ["/" + evil]
        $0.linux?.readonlyPaths = ["/" + evil]
        $0.linux?.devices = [Device(type: .fifo, path: "/dev/" + evil)]
        $0.mounts = [
          Mount(destination: "/a" + evil, source: "/b" + evil, options: ["bind"]),
          Mount(destination: "/c" + evil, type: evil, source: evil, options: [evil, "k=" + evil]),
        ]
      })
    for text in [plan.description, plan.explanation().text()] {
      let bad = text.unicodeScalars.filter {
        ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value)
      }
      #expect(bad.isEmpty)
    }
    #expect(plan.description.split(separator: "\n").count == plan.steps.count)
  }
}
