"""A child process that talks through its standard input and output, as a port of the link."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import serial


@contextmanager
def child(command: Sequence[str]) -> Iterator[serial.Serial]:
    """Start a program; what it reads and writes is the other end of the port, and it ends with the context.

    Threads carry the bytes, since not every system lets a socket be a process's standard input.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = connect(server.getsockname()[1])
        connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert process.stdin is not None and process.stdout is not None
        carriers = [
            threading.Thread(target=_to_child, args=(connection, process.stdin), daemon=True),
            threading.Thread(target=_from_child, args=(process.stdout, connection), daemon=True),
        ]
        for carrier in carriers:
            carrier.start()
        try:
            yield port
        finally:
            port.close()
            end(process)
            for carrier in carriers:
                carrier.join()
            process.stdout.close()


def connect(tcp_port: int) -> serial.Serial:
    """A pyserial port over a loopback connection."""
    return serial.serial_for_url(f"socket://127.0.0.1:{tcp_port}")


def end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Stop a process."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _to_child(connection: socket.socket, pipe: IO[bytes]) -> None:
    with suppress(OSError):
        while data := connection.recv(65536):
            pipe.write(data)
    with suppress(OSError):
        pipe.close()


def _from_child(pipe: IO[bytes], connection: socket.socket) -> None:
    with suppress(OSError):
        while data := pipe.read(65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
