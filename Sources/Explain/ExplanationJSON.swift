// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import ContainerPlan
public import JSON

extension Explanation {
  /// The explanation as JSON: an object with the array `steps`.
  public func json(_ layout: JSONWriter.Layout = .pretty) -> [UInt8] {
    var writer = JSONWriter(layout)
    writer.object { writer in
      writer.member("steps") { writer in
        writer.array(of: steps) { writer, step in step.write(to: &writer) }
      }
    }
    return writer.bytes
  }
}

extension ExplainedStep {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("number", number)
      writer.member("group", group.rawValue)
      writer.member("side", side?.rawValue ?? "engine")
      writer.member("title", title)
      writer.member("why", why)
      writer.member("origin", origin.isEmpty ? nil : origin)
      writer.member("requestedBy", requestedBy)
      if !details.isEmpty {
        writer.member("details") { writer in
          writer.array(of: details) { writer, detail in detail.write(to: &writer) }
        }
      }
      writer.member("calls", calls)
      writer.member("manual", manual)
      writer.member("shell", shell)
    }
  }
}

extension ExplainedStep.Detail {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("text", text)
      writer.member("origin", origin.isEmpty ? nil : origin)
      writer.member("requestedBy", requestedBy)
    }
  }
}
