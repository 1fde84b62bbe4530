// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// Where a program that tells a service manager about itself (sd_notify(3)) finds the socket.
///
/// The directory is mounted, not the socket: it can be made when somebody is there to listen.
public enum NotifyDirectory {
  /// In the container.
  public static let destination = "/run/notify"
  public static let socketName = "notify.sock"
  /// The variable that names the socket.
  public static let variable = "NOTIFY_SOCKET"
}
