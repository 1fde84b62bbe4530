// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

import Engine
import Linux
import RootFS

/// A line on the terminal that tells how far a root file system is made ready, and leaves no trace.
struct ProgressBar {
  private let isOn: Bool
  private var shown = ""

  /// - Parameter isOn: Whether to show anything; standard error must be a terminal besides.
  init(isOn: Bool) {
    self.isOn = isOn && isTerminal(.standardError)
  }

  mutating func show(_ progress: RootFSProgress) {
    guard isOn else { return }
    let text = Self.text(progress)
    guard text != shown else { return }
    write("\r\u{1b}[K" + text)
    shown = text
  }

  mutating func clear() {
    guard !shown.isEmpty else { return }
    write("\r\u{1b}[K")
    shown = ""
  }

  private static func text(_ progress: RootFSProgress) -> String {
    switch progress {
    case .waiting: return "waiting for another roost that makes the same root file system"
    case .syncing: return "writing to the disk"
    case .building(let line): return String(line.prefix(78))
    case .downloading(let done, let total): return amount("downloading", done, total)
    case .reading(let done, let total): return amount("unpacking", done, total)
    }
  }

  private static func amount(_ verb: String, _ done: UInt64, _ total: UInt64?) -> String {
    guard let total else { return "\(verb) \(SizeText.format(Int64(clamping: done & ~0xFFFF)))" }
    let width: UInt64 = 30
    // Both fit 2^53 as file sizes do, and a total of 0 is an empty file.
    let filled = total == 0 ? width : min(width, done / max(1, total / width))
    let percent = total == 0 ? 100 : min(100, done / max(1, total / 100))
    let bar =
      String(repeating: "#", count: Int(filled)) + String(repeating: "-", count: Int(width - filled))
    return "\(verb) [\(bar)] \(percent) % of \(SizeText.format(Int64(clamping: total)))"
  }

  private func write(_ text: String) {
    do {
      try writeAll(.standardError, Array(text.utf8))
    } catch {
      // A terminal that went away takes its progress bar with it.
    }
  }
}
