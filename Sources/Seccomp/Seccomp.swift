// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

public struct BPFInstruction: Equatable, Sendable {
  public var code: UInt16
  public var jt: UInt8
  public var jf: UInt8
  public var k: UInt32
}
public struct SeccompProgram: Equatable, Sendable {
  public var instructions: [BPFInstruction]
  public var flags: UInt32
  public var needsListener: Bool
}
