// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// The files below `/etc` that belong to the container rather than to its root: their text.
enum HostFiles {
  /// `/etc/hosts`.
  ///
  /// With a network of its own the container knows itself at a loopback address; on the host's network it sees what
  /// the host sees.
  static func hosts(name: String, network: NetworkMode, extra: [HostEntry], hostText: String) -> String {
    var text: String
    switch network {
    case .host:
      text = hostText.isEmpty ? "127.0.0.1\tlocalhost\n" : hostText
      if text.utf8.last != Byte.newline { text += "\n" }
    case .none:
      text = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters
        127.0.1.1\t\(name)

        """
    }
    for entry in extra { text += "\(entry.address)\t\(entry.name)\n" }
    return text
  }

  /// `/etc/resolv.conf`. Without a network there is nobody to ask, and an empty list lets look-ups fail at once.
  static func resolver(network: NetworkMode, hostText: String) -> String {
    switch network {
    case .host: hostText
    case .none: "# This container has no network, hence no name servers.\n"
    }
  }
}
