# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""The Container Runtime Interface (k8s.io/cri-api, runtime.v1): what a kubelet says to containerd or CRI-O.

Messages are written as dictionaries from field numbers to values and read as the same with lists, so that no generated code
is needed. The names of the fields are in the comments of the tests.
"""
import grpc


def number(value):
    """A variable-length integer of the protobuf encoding."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(message):
    """Text, bytes, integers, truth values, messages, and lists of them."""
    out = b""
    for field, content in message.items():
        for value in content if isinstance(content, list) else [content]:
            if isinstance(value, int):
                out += number(field << 3) + number(value)
                continue
            data = value.encode() if isinstance(value, str) else encode(value) if isinstance(value, dict) else value
            out += number(field << 3 | 2) + number(len(data)) + data
    return out


def decode(data):
    """Field numbers and the list of their values: integers, or bytes that `decode` may take apart further."""
    message, position = {}, 0

    def read():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        key = read()
        if key & 7 == 0:
            value = read()
        else:
            assert key & 7 == 2, f"wire type {key & 7}"
            length = read()
            value, position = data[position:position + length], position + length
        message.setdefault(key >> 3, []).append(value)
    return message


def text(message, field):
    return message.get(field, [b""])[0].decode()


class Client:
    """A connection to the socket of the daemon."""

    def __init__(self, socket):
        self.channel = grpc.insecure_channel(f"unix://{socket}")

    def __call__(self, method, message, seconds=60):
        """Calls a method of runtime.v1.RuntimeService; fails with grpc.RpcError."""
        call = self.channel.unary_unary(f"/runtime.v1.RuntimeService/{method}", encode, decode)
        return call(message, timeout=seconds)
