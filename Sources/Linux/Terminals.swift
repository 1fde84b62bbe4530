// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

internal import CLinux

/// A pseudoterminal: both ends opened by descriptor, never by a name that a container controls.
public struct PseudoTerminal: ~Copyable {
  public let controller: Descriptor
  public let terminal: Descriptor
  /// The name below the devpts mount that `controller` came from.
  public let number: UInt32

  /// Closes the terminal's end and gives the controlling one.
  public consuming func takeController() -> Descriptor { controller }
}

/// Unlocks a freshly opened `ptmx` and opens its other end (`TIOCGPTPEER`, Linux 4.13).
public func openPseudoTerminal(ptmx: consuming Descriptor) throws(SyscallError) -> PseudoTerminal {
  try check(cl_pty_unlock(ptmx.rawValue), "ioctl TIOCSPTLCK")
  let peer = Int32(
    try check(cl_pty_peer(ptmx.rawValue, O_RDWR | O_NOCTTY | O_CLOEXEC), "ioctl TIOCGPTPEER"))
  var number: UInt32 = 0
  let terminal = Descriptor(owning: peer)
  try check(cl_pty_number(ptmx.rawValue, &number), "ioctl TIOCGPTN")
  return PseudoTerminal(controller: ptmx, terminal: terminal, number: number)
}

/// Makes a terminal the controlling terminal of the caller, which must lead a session (`TIOCSCTTY`).
public func setControllingTerminal(_ fd: FD) throws(SyscallError) {
  try check(cl_set_controlling_tty(fd.rawValue), "ioctl TIOCSCTTY")
}

/// Rows and columns of a terminal.
public struct WindowSize: Equatable, Sendable {
  public var rows: UInt16
  public var columns: UInt16

  public init(rows: UInt16, columns: UInt16) {
    self.rows = rows
    self.columns = columns
  }
}

public func windowSize(_ fd: FD) throws(SyscallError) -> WindowSize {
  var rows: UInt16 = 0
  var columns: UInt16 = 0
  try check(cl_get_winsize(fd.rawValue, &rows, &columns), "ioctl TIOCGWINSZ")
  return WindowSize(rows: rows, columns: columns)
}

public func setWindowSize(_ fd: FD, _ size: WindowSize) throws(SyscallError) {
  try check(cl_set_winsize(fd.rawValue, size.rows, size.columns), "ioctl TIOCSWINSZ")
}

/// The settings of a terminal, kept to be restored (termios(3)).
public struct TerminalAttributes: Sendable {
  fileprivate var value: termios

  /// Whether `fd` is a terminal at all is told by `ENOTTY`.
  public init(of fd: FD) throws(SyscallError) {
    value = termios()
    try check(cl_tcgetattr(fd.rawValue, &value), "tcgetattr")
  }

  /// The same settings with every translation of input turned off. What output goes through stays: line ends are
  /// completed where they are shown.
  public var raw: TerminalAttributes {
    var copy = self
    cl_make_raw(&copy.value)
    copy.value.c_oflag |= value.c_oflag & tcflag_t(OPOST)
    return copy
  }

  /// The same settings with line feeds left as they are, instead of a carriage return in front of each.
  public var withPlainLineFeeds: TerminalAttributes {
    var copy = self
    copy.value.c_oflag &= ~tcflag_t(ONLCR)
    return copy
  }

  public func apply(to fd: FD) throws(SyscallError) {
    try withUnsafePointer(to: value) { pointer -> Result<Void, SyscallError> in
      let result = cl_tcsetattr(fd.rawValue, pointer)
      return result < 0 ? .failure(failure(result, "tcsetattr", "")) : .success(())
    }.get()
  }
}

/// Whether a descriptor is a terminal (isatty(3)).
public func isTerminal(_ fd: FD) -> Bool { isatty(fd.rawValue) == 1 }
