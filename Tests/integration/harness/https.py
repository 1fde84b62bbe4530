# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""A web server that misbehaves on demand, over TLS with a certificate authority of the tests' own, and a proxy."""
import contextlib
import hashlib
import http.server
import re
import socket
import ssl
import subprocess
import threading


def make_authority(directory, name=None):
    """A certificate for 127.0.0.1, and for a host of that name, that vouches for itself: (certificate, key)."""
    certificate, key = directory / "ca.pem", directory / "ca.key"
    names = "IP:127.0.0.1" + (f",DNS:{name}" if name else "")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=roost tests",
         "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60)
    return certificate, key


class Page:
    """What the server answers at one path. `requests` are the headers of those that came."""

    def __init__(self, content=b"", *, tag=True, ranges=True, cuts=(), length=None, location=None, endless=False,
                 modified=None):
        """tag: whether an ETag is sent. ranges: whether Range is heeded. cuts: after how many bytes of the body each
        request in turn is cut. length: another Content-Length than the true one; False for none. location: redirect."""
        self.content, self.tag, self.ranges, self.cuts = content, tag, ranges, list(cuts)
        self.length, self.location, self.endless, self.modified = length, location, endless, modified
        self.requests = []

    @property
    def etag(self):
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        page = self.server.pages.get(self.path)
        if page is None:
            return self.send_error(404)
        page.requests.append(dict(self.headers))
        self.close_connection = True
        if page.location:
            self.send_response(302)
            self.send_header("Location", page.location)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if page.endless:
            return self.pour()
        if page.tag and self.headers.get("If-None-Match") == page.etag:
            self.send_response(304)
            self.send_header("ETag", page.etag)
            return self.end_headers()
        self.give(page, self.start_of_range(page))

    def start_of_range(self, page):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        return int(wanted[1]) if wanted and page.ranges and condition in (None, page.etag) else None

    def give(self, page, start):
        body = page.content[start or 0:]
        if start is not None and start >= len(page.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(page.content)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{len(page.content) - 1}/{len(page.content)}")
        if page.tag:
            self.send_header("ETag", page.etag)
        if page.modified:
            self.send_header("Last-Modified", page.modified)
        if page.length is not False:
            self.send_header("Content-Length", str(len(body) if page.length is None else page.length))
        self.end_headers()
        if page.cuts:
            body = body[:page.cuts.pop(0)]
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def pour(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(bytes(65536))


class Server:
    """Pages on a port of 127.0.0.1, with TLS where a certificate is given."""

    def __init__(self, certificate=None, key=None, port=0):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.pages = self.pages = {}
        self.certificate = certificate
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def add(self, name, content=b"", **behaviour):
        """Serves a page; gives its address and the page."""
        page = self.pages["/" + name] = Page(content, **behaviour)
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}/{name}", page

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """A proxy that connects wherever it is told (CONNECT) and remembers where that was."""

    def __init__(self):
        self.asked = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                threading.Thread(target=self.connect, args=(client,), daemon=True).start()

    def connect(self, client):
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            target = head.split()[1].decode()
            self.asked.append(target)
            host, port = target.rsplit(":", 1)
            upstream = socket.create_connection((host, int(port)))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=self.copy, args=(client, upstream), daemon=True).start()
            self.copy(upstream, client)

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()
