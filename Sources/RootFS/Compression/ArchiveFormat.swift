// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Roost authors

/// How an archive is compressed, told by its first bytes and never by its name.
enum ArchiveFormat: Equatable {
  case plain
  case gzip
  case xz
  case zstd

  /// How many bytes from the beginning of the file `detect` wants to see.
  static let prefixBytes = 2048

  /// The format of a file that begins with `prefix`.
  ///
  /// - Throws: `unsupported`, naming the format and a remedy where one is known.
  static func detect(_ prefix: [UInt8]) throws(RootFSError) -> ArchiveFormat {
    if prefix.isEmpty { throw RootFSError(.unsupported, "the file is empty") }
    if prefix.starts(with: [0x1f, 0x8b]) { return .gzip }
    if prefix.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return .xz }
    if prefix.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || isSkippableFrame(prefix) { return .zstd }
    if isTar(prefix) { return .plain }
    for (offset, magic, name, remedy) in others {
      guard prefix.count >= offset + magic.count else { continue }
      if prefix[offset..<(offset + magic.count)].elementsEqual(magic) {
        throw RootFSError(.unsupported, "is \(name), not a tar archive\(remedy)")
      }
    }
    throw RootFSError(.unsupported, "is neither a directory nor a tar archive (plain, gzip, xz or zstd)")
  }

  /// A zstd file may begin with frames of user data (RFC 8878, section 3.1.2).
  private static func isSkippableFrame(_ prefix: [UInt8]) -> Bool {
    guard let first = prefix.first else { return false }
    return first & 0xf0 == 0x50 && prefix.dropFirst().starts(with: [0x2a, 0x4d, 0x18])
  }

  /// Whether the first block is a tar header, or the end mark of an archive without members.
  private static func isTar(_ prefix: [UInt8]) -> Bool {
    guard prefix.count >= TarHeader.size else { return false }
    let block = Array(prefix[..<TarHeader.size])
    return TarHeader.hasValidChecksum(block) || block[257..<262].elementsEqual("ustar".utf8)
      || prefix.allSatisfy { $0 == 0 }
  }

  private typealias Foreign = (offset: Int, magic: [UInt8], name: String, remedy: String)

  private static let others: [Foreign] = [
    (0, Array("BZh".utf8), "compressed with bzip2", "; run bunzip2 on it first"),
    (0, [0x1f, 0x9d], "compressed with compress", "; run uncompress on it first"),
    (0, Array("LZIP".utf8), "compressed with lzip", "; run lzip -d on it first"),
    (0, [0x04, 0x22, 0x4d, 0x18], "compressed with lz4", "; run lz4 -d on it first"),
    (0, [0x5d, 0x00, 0x00], "compressed with lzma", "; run unlzma on it first"),
    (0, [0x50, 0x4b, 0x03, 0x04], "a zip archive", ""),
    (0, Array("!<arch>\n".utf8), "an ar archive or Debian package", ""),
    (0, [0x30, 0x37, 0x30, 0x37, 0x30], "a cpio archive", ""),
    (0, [0x7f, 0x45, 0x4c, 0x46], "an ELF program", "; for programs of this machine write host:PROGRAM"),
    // Mounting an image would let its author feed the kernel a file system of their making.
    (0, Array("hsqs".utf8), "a squashfs image", "; file system images are never mounted"),
    (1024, [0xe2, 0xe1, 0xf5, 0xe0], "an EROFS image", "; file system images are never mounted"),
    (1080, [0x53, 0xef], "an ext2, ext3 or ext4 image", "; file system images are never mounted"),
    (0, Array("XFSB".utf8), "an XFS image", "; file system images are never mounted"),
    (0, [0x51, 0x46, 0x49, 0xfb], "a qcow2 disk image", "; disk images are never mounted"),
  ]
}
