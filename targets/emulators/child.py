"""A child process that talks through its standard input and output, as a port of the link."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import serial

from ...errors import LinkError


@contextmanager
def child(command: Sequence[str]) -> Iterator[serial.Serial]:
    """Start a program; what it reads and writes is the other end of the port, and it ends with the context.

    Threads carry the bytes, since not every system lets a socket be a process's standard input.

    Raises:
        LinkError: the link failed since the program had stopped; with what it said last.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = connect(server.getsockname()[1])
        connection, _ = server.accept()
    with connection, tempfile.TemporaryFile() as said:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0)
        assert process.stdin is not None and process.stdout is not None
        carriers = [
            threading.Thread(target=_to_child, args=(connection, process.stdin), daemon=True),
            threading.Thread(target=_from_child, args=(process.stdout, connection), daemon=True),
        ]
        for carrier in carriers:
            carrier.start()
        try:
            yield port
        except (LinkError, OSError) as error:
            if reason := _reason(process, said):
                raise LinkError(reason) from error
            raise
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


def _reason(process: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    """Why a process ended by itself; empty where it has not."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    if process.returncode is None:
        return ""
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), f"exit code {process.returncode}")
    return f"the firmware stopped: {last}"


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
