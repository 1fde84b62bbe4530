// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// What may go at once at a limited rate: enough for a tick of the slowest kernel timers, and for the largest packet that
/// offloading makes.
public func tokenBucketBytes(bitsPerSecond: UInt64) -> UInt32 {
  UInt32(clamping: max(bitsPerSecond / 800, 65536))
}

// Queueing disciplines, see tc(8) and tc-tbf(8).
extension NetlinkMessage {
  /// `RTM_NEWQDISC`: what leaves through an interface is limited by a token bucket.
  ///
  /// - Parameters:
  ///   - interface: Index.
  ///   - bitsPerSecond: At least 8000.
  public static func limitRate(interface: Int32, bitsPerSecond: UInt64, object: String = "") -> NetlinkMessage
  {
    var message = NetlinkMessage(
      "RTM_NEWQDISC", type: number(RTM_NEWQDISC), flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
      object: object)
    var header = tcmsg()
    header.tcm_ifindex = interface
    header.tcm_parent = UInt32(TC_H_ROOT)
    message.append(header)
    message.put(number(TCA_KIND), "tbf")
    let bytesPerSecond = max(bitsPerSecond / 8, 1000)
    let burst = tokenBucketBytes(bitsPerSecond: bitsPerSecond)
    message.nest(number(TCA_OPTIONS)) {
      var options = tc_tbf_qopt()
      options.rate.rate = UInt32(clamping: bytesPerSecond)
      options.rate.linklayer = UInt8(TC_LINKLAYER_ETHERNET.rawValue)
      // A queue of 100 ms beyond the burst.
      options.limit = UInt32(clamping: bytesPerSecond / 10 + UInt64(burst))
      options.buffer = burst
      $0.put(number(TCA_TBF_PARMS), structure: options)
      $0.put(number(TCA_TBF_BURST), number: burst)
      if bytesPerSecond > UInt64(UInt32.max) { $0.put(number(TCA_TBF_RATE64), number: bytesPerSecond) }
    }
    return message
  }
}
