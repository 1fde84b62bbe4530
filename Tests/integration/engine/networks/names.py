# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Who asks for names, and who answers outside: programs for the network namespaces of tests, on dnspython."""
import json
import subprocess
import sys
import threading

from harness.runtime import TIMEOUT_SECONDS

ASK = """
import json, sys, dns.flags, dns.message, dns.query, dns.rcode

def ask(name, kind="A", transport="udp", extensions=False):
    question = dns.message.make_query(name, kind, use_edns=0 if extensions else False)
    try:
        answer = (dns.query.udp if transport == "udp" else dns.query.tcp)(question, "127.0.0.11", timeout=20)
    except (OSError, dns.exception.DNSException, EOFError) as error:
        return {"error": type(error).__name__}
    return {
        "code": dns.rcode.to_text(answer.rcode()), "flags": dns.flags.to_text(answer.flags).split(),
        "edns": answer.edns, "records": sorted(record.to_text() for group in answer.answer for record in group),
        "lifetimes": [group.ttl for group in answer.answer]}

print(json.dumps([ask(**question) for question in json.loads(sys.argv[1])]))
"""

# Says what it is asked, a line each. What it answers depends on the name.
UPSTREAM = """
import socket, struct, sys, threading, dns.flags, dns.message, dns.rcode, dns.rrset, dns.rdatatype
address = sys.argv[1]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
datagrams = socket.socket(family, socket.SOCK_DGRAM)
datagrams.bind((address, 53))
stranger = socket.socket(family, socket.SOCK_DGRAM)
stranger.bind((address, 0))
connections = socket.socket(family, socket.SOCK_STREAM)
connections.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
connections.bind((address, 53))
connections.listen()

def answer(wire, transport):
    question = dns.message.from_wire(wire)
    name = question.question[0].name
    label = name.labels[0].decode().lower()
    reply = dns.message.make_response(question)
    def add(kind, *texts):
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
    if label == "nowhere":
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif label == "useless":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif label == "long" and transport == "udp":
        reply.flags |= dns.flags.TC
    elif label == "long":
        add("TXT", *[f"{n:0250}" for n in range(100)])
    else:
        add("A", "192.0.2.80")
    return label, reply

def tell(transport, wire, peer):
    question = dns.message.from_wire(wire)
    kind = dns.rdatatype.to_text(question.question[0].rdtype)
    print(transport, question.question[0].name, kind, question.id, peer[0], peer[1], flush=True)

def serve_datagrams():
    while True:
        wire, peer = datagrams.recvfrom(65535)
        tell("udp", wire, peer)
        label, reply = answer(wire, "udp")
        if label == "silent":
            continue
        if label == "forged":
            lie = dns.message.from_wire(reply.to_wire())
            lie.answer = [dns.rrset.from_text(lie.question[0].name, 60, "IN", "A", "192.0.2.66")]
            stranger.sendto(lie.to_wire(), peer)
            lie.id ^= 1
            datagrams.sendto(lie.to_wire(), peer)
            other = dns.message.make_response(dns.message.make_query("other.example", "A"))
            other.id = reply.id
            datagrams.sendto(other.to_wire(), peer)
            datagrams.sendto(b"", peer)
            datagrams.sendto(reply.to_wire()[:12], peer)
        datagrams.sendto(reply.to_wire(), peer)

def serve_connection(connection, peer):
    while True:
        head = connection.recv(2, socket.MSG_WAITALL)
        if len(head) < 2:
            return
        wire = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
        tell("tcp", wire, peer)
        label, reply = answer(wire, "tcp")
        if label == "silent":
            continue
        wire = reply.to_wire(max_size=65535)
        connection.sendall(struct.pack("!H", len(wire)) + wire)

threading.Thread(target=serve_datagrams, daemon=True).start()
print("ready", flush=True)
while True:
    connection, peer = connections.accept()
    threading.Thread(target=serve_connection, args=(connection, peer), daemon=True).start()
"""


def ask_all(prefix, questions):
    """What the name server says, asked where a prefix of command lines leads; a question is what `ask` in ASK takes."""
    command = [*prefix, sys.executable, "-c", ASK, json.dumps(questions)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)
    return json.loads(done.stdout)


def ask(prefix, name, kind="A", **options):
    return ask_all(prefix, [{"name": name, "kind": kind, **options}])[0]


def within(container):
    """What a command line starts with to run in a container's network."""
    return ["nsenter", f"--net=/proc/{container.pid}/ns/net"]


class Upstream:
    """A server of the outside."""

    def __init__(self, host, address):
        self.process = host.popen(sys.executable, "-c", UPSTREAM, address, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.asked = []
        # Read as it comes: a server whose pipe is full answers nobody.
        self.reader = threading.Thread(target=lambda: self.asked.extend(self.process.stdout))
        self.reader.start()

    def end(self):
        """What it was asked: transport, name, kind, number, address, port."""
        self.process.kill()
        self.reader.join()
        self.process.stdout.close()
        self.process.wait()
        return [line.split() for line in self.asked]
