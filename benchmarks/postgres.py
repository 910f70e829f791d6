"""A PostgreSQL server of one's own, for tests and benchmarks: on loopback, in a folder that is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class Postgres:
    """A PostgreSQL server in a folder of its own, which can be killed and started again at the same address."""

    def __init__(self, binaries: Path, root: Path, options: str = "") -> None:
        self._binaries, self._root = binaries, root
        user = _unprivileged()
        if user is not None:
            os.chown(root, user.pw_uid, user.pw_gid)
        self._as_user: dict[str, Any] = (
            {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        )
        port = free_port()
        self.url = f"postgresql://querist@127.0.0.1:{port}/postgres"
        self._options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root} -c max_connections=100 "
            f"-c shared_buffers=64MB {options}"
        )
        self._run("initdb", "-A", "trust", "-U", "querist", "-E", "UTF8", "--no-sync", "--no-instructions")

    def start(self) -> None:
        """Start it, and wait until it answers; after a kill it first mends itself."""
        self._run("pg_ctl", "-w", "-t", "120", "-l", str(self._root / "log"), "-o", self._options, "start")

    def stop(self) -> None:
        """End it at once; nothing is written out."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    kill = stop

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self._binaries / program, "-D", self._root / "data", *words],
            cwd=self._root,
            env={**os.environ, "HOME": str(self._root), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **self._as_user,
        )
        if done.returncode:
            log = self._root / "log"
            raise RuntimeError(f"{program}: {done.stderr}\n{log.read_text('utf-8') if log.exists() else ''}")


@contextlib.contextmanager
def server(binaries: Path, *, options: str = FORGETFUL, folder: str | None = None) -> Iterator[Postgres]:
    root = Path(tempfile.mkdtemp(prefix="pg-", dir=folder or _short_folder()))
    try:
        server = Postgres(binaries, root, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _short_folder() -> str:
    """Where to put the server: in memory where there is room, since a fresh database is then made 25 times faster.

    Not in pytest's own folder: the path of a socket may have 107 bytes at most.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return str(memory) if roomy else "/tmp"


def binaries_found() -> Path | None:
    """The folder of PostgreSQL's server programs: `$PG_BIN`, Debian's, newest first, or wherever initdb is found."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
        reverse=True,
    )
    found = shutil.which("initdb")
    places = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    places += [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
