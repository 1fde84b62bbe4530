# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Frames of Ethernet, byte by byte, and programs that send and hear them inside network namespaces."""
import ipaddress
import itertools
import struct
import subprocess
import sys

BROADCAST = "ff:ff:ff:ff:ff:ff"
ALL_NODES = "33:33:00:00:00:01"
#: Each packet has a number of its own in its header, as the field that is there for that.
numbers = itertools.count(1)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return ipaddress.ip_address(text).packed


def link_local(address):
    """The IPv6 address that an interface makes itself from its hardware address."""
    raw = mac(address)
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]))


def ethernet(source, destination, kind, payload):
    return mac(destination) + mac(source) + struct.pack("!H", kind) + payload


def vlan(frame, number=7, kind=0x8100):
    return frame[:12] + struct.pack("!HH", kind, number) + frame[12:]


def bare(frame):
    """Without tags of VLANs."""
    while frame[12:14] in (b"\x81\x00", b"\x88\xa8"):
        frame = frame[:12] + frame[16:]
    return frame


def is_same(found, sent):
    """Whether a frame is the one that was sent; tags are lost on the way, and what is behind the packet's own length."""
    found, sent = bare(found), bare(sent)
    return len(found) >= 34 and sent.startswith(found)


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def arp(source, hardware, address, destination=BROADCAST, operation=2, target="0.0.0.0", kind=1):
    body = struct.pack("!HHBBH", kind, 0x0800, 6, 4, operation) + mac(hardware) + ip(address) + mac(destination) + ip(target)
    return ethernet(source, destination, 0x0806, body)


def ipv4(source, destination, protocol, payload):
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), next(numbers), 0, 64, protocol, 0) + ip(source) + ip(destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp(source_port, destination_port, payload=b""):
    """Without a checksum, which IPv4 allows."""
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def icmp(kind, code, rest):
    message = struct.pack("!BBH", kind, code, 0) + rest
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def ipv6(source, destination, protocol, payload):
    return struct.pack("!IHBB", 0x60000000 + next(numbers), len(payload), protocol, 255) + ip(source) + ip(destination) + payload


def icmpv6(source, destination, kind, rest, code=0):
    message = struct.pack("!BBH", kind, code, 0) + rest
    pseudo = ip(source) + ip(destination) + struct.pack("!II", len(message), 58)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]


def advertisement(target, hardware):
    """The rest of a neighbour advertisement that overrides what others know."""
    return struct.pack("!I", 0x20000000) + ip(target) + b"\x02\x01" + mac(hardware)


def router(hardware, prefix="2001:db8:bad::"):
    """The rest of a router advertisement with a prefix."""
    options = b"\x01\x01" + mac(hardware) + struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 3600, 3600, 0) + ip(prefix)
    return struct.pack("!BBHII", 64, 0, 1800, 0, 0) + options


SENDER = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
for line in sys.stdin:
    link.send(bytes.fromhex(line))
"""

LISTENER = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
link.bind((sys.argv[1], 0))
link.settimeout(float(sys.argv[3]))
print("ready", flush=True)
last = bytes.fromhex(sys.argv[2])
while True:
    frame = link.recv(2048)
    print(frame.hex(), flush=True)
    if last in frame:
        break
"""


def send(prefix, interface, frames):
    """Sends frames from an interface of a namespace, in order."""
    text = "".join(frame.hex() + "\n" for frame in frames)
    subprocess.run([*prefix, sys.executable, "-c", SENDER, interface], input=text, text=True, check=True, timeout=60)


class Listener:
    """Hears all frames that an interface of a namespace receives, until a last one."""

    def __init__(self, prefix, interface, last, seconds=20):
        self.process = subprocess.Popen([*prefix, sys.executable, "-c", LISTENER, interface, last.hex(), str(seconds)],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def frames(self):
        """What was heard; fails when the last one never came."""
        try:
            out, _ = self.process.communicate(timeout=90)
            assert self.process.returncode == 0, "the last frame was not heard"
            return [bytes.fromhex(line) for line in out.split()]
        finally:
            self.process.kill()
            self.process.wait()
