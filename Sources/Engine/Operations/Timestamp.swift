// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Points in time as text, always in UTC: times of containers are compared across machines.
public enum Timestamp {
  /// RFC 3339 with nanoseconds, as Docker's `inspect` prints; `0001-01-01T00:00:00Z` for 0, which means never.
  ///
  /// - Parameter nanoseconds: Since 1970.
  public static func rfc3339(_ nanoseconds: Int64) -> String {
    if nanoseconds == 0 { return "0001-01-01T00:00:00Z" }
    let parts = components(nanoseconds)
    var fraction = String(parts.nanoseconds + 1_000_000_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(parts.date)T\(parts.time)\(fraction.isEmpty ? "" : "." + fraction)Z"
  }

  /// As the `CreatedAt` of Docker's `ps`: `2026-11-21 07:09:44 +0000 UTC`.
  public static func plain(_ nanoseconds: Int64) -> String {
    let parts = components(nanoseconds)
    return "\(parts.date) \(parts.time) +0000 UTC"
  }

  /// A length of time in words, as Docker's tables have it: `5 seconds`, `About an hour`, `3 weeks`.
  public static func duration(nanoseconds: Int64) -> String {
    let seconds = max(0, nanoseconds / 1_000_000_000)
    let minutes = seconds / 60
    let hours = (seconds + 1800) / 3600
    switch true {
    case seconds < 1: return "Less than a second"
    case seconds == 1: return "1 second"
    case seconds < 60: return "\(seconds) seconds"
    case minutes == 1: return "About a minute"
    case minutes < 60: return "\(minutes) minutes"
    case hours == 1: return "About an hour"
    case hours < 48: return "\(hours) hours"
    case hours < 24 * 14: return "\(hours / 24) days"
    case hours < 24 * 60: return "\(hours / 24 / 7) weeks"
    case hours < 24 * 365 * 2: return "\(hours / 24 / 30) months"
    default: return "\(hours / 24 / 365) years"
    }
  }

  private static func components(_ nanoseconds: Int64) -> (date: String, time: String, nanoseconds: Int64) {
    let day: Int64 = 86_400
    let seconds = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
    let days = seconds >= 0 ? seconds / day : (seconds - day + 1) / day
    let rest = seconds - days * day
    let (year, month, dayOfMonth) = civil(days)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let yearText = String(repeating: "0", count: max(0, 4 - String(year).utf8.count)) + String(year)
    return (
      "\(yearText)-\(two(month))-\(two(dayOfMonth))",
      "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))",
      nanoseconds - seconds * 1_000_000_000
    )
  }

  /// The Gregorian date of a number of days since 1970: the year begins in March, so that the leap day comes last, and
  /// 400 years have 146 097 days.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
