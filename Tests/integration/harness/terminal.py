# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors
"""Terminals seen from the caller's side: one that we lend to the runtime, or one that it sends us."""
import array
import fcntl
import os
import select
import socket
import struct
import termios
import time

from .patience import deadline


class Terminal:
    """The master end of a pseudoterminal."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.text = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def size(self):
        return struct.unpack("HHHH", fcntl.ioctl(self.descriptor, termios.TIOCGWINSZ, b"\0" * 8))[:2]

    def send(self, text):
        os.write(self.descriptor, text.encode())

    def _read(self, seconds):
        """Some more text; None at the end, which a master tells by EIO."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return ""
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            return None
        return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n") if data else None

    def until(self, word, seconds=30):
        """Reads until the word has appeared; gives all text so far."""
        end = deadline(seconds)
        while word not in self.text:
            more = self._read(0.1)
            assert more is not None, f"the terminal was closed before {word!r} came: {self.text!r}"
            self.text += more
            assert time.monotonic() < end, f"{word!r} never came: {self.text!r}"
        return self.text

    def rest(self, seconds=30):
        """Reads to the end."""
        end = deadline(seconds)
        while (more := self._read(0.1)) is not None:
            self.text += more
            assert time.monotonic() < end, f"the terminal stays open: {self.text!r}"
        return self.text

    def until_end(self, process, seconds=30):
        """Reads until a process that writes here has ended; its exit status."""
        end = deadline(seconds)
        while process.poll() is None:
            self.text += self._read(0.05) or ""
            assert time.monotonic() < end, f"it does not end: {self.text!r}"
        while more := self._read(0.05):
            self.text += more
        return process.returncode

    def close(self):
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class Lent:
    """Runs a command with a terminal of ours as its standard streams and its controlling terminal."""

    def __init__(self, case, *arguments, rows=24, columns=80):
        master, slave = os.openpty()
        self.terminal = Terminal(master)
        self.terminal.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.process = case.popen(*arguments, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                  preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def attributes(self):
        return termios.tcgetattr(self._slave)

    def finish(self, seconds=30):
        """Waits for the command; gives its exit status. The text is in `terminal.text`."""
        return self.terminal.until_end(self.process, seconds)

    def close(self):
        try:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        finally:
            os.close(self._slave)
            self.terminal.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ConsoleSocket:
    """The socket of --console-socket: receives the master end by SCM_RIGHTS."""

    def __init__(self, path):
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(15)
        self.terminal = None

    def receive(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(15)
            _, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
        numbers = array.array("i")
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(data[:4])
        assert len(numbers) == 1, "one descriptor expected"
        self.terminal = Terminal(numbers[0])
        return self.terminal

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        if self.terminal:
            self.terminal.close()
