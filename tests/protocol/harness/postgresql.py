"""A PostgreSQL server of the tests' own, from Debian's package: a new cluster in a temporary folder that
answers on a Unix socket there and nowhere else."""
import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import tempfile

from .stream import Patience


class Cluster:
    """Started by `async with`. PostgreSQL refuses to run as root, whose tests have the user `postgres` run
    it."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="vestnik-test-")
        self.dir = pathlib.Path(self._folder.name)
        self.process = None
        self._schemas = 0

    @staticmethod
    def _program(name):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        assert found, "PostgreSQL is missing: ./deploy/deps test"
        return str(found[-1])

    async def _spawn(self, program, *arguments, **environment):
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return await asyncio.create_subprocess_exec(
            "setpriv",
            *user,
            self._program(program),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=open(self.dir / "log", "ab"),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"} | environment,
        )

    async def __aenter__(self):
        if os.geteuid() == 0:
            shutil.chown(self.dir, "postgres", "postgres")
        data = str(self.dir / "data")
        init = ["-D", data, "-A", "trust", "-U", "vestnik", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        process = await self._spawn("initdb", *init)
        assert await process.wait() == 0, (self.dir / "log").read_text()
        await self.start()
        return self

    async def __aexit__(self, *_exception):
        await self.stop(signal.SIGQUIT)
        self._folder.cleanup()

    async def start(self):
        """Returns when it accepts connections."""
        path = self.dir / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.setblocking(False)
            notices.bind(str(path))
            path.chmod(0o777)
            settings = ["listen_addresses=", "fsync=off", "shared_buffers=16MB"]
            options = ["-D", str(self.dir / "data"), "-k", str(self.dir)]
            options += [word for setting in settings for word in ("-c", setting)]
            self.process = await self._spawn("postgres", *options, NOTIFY_SOCKET=str(path))
            async with asyncio.timeout(Patience.seconds() * 3):
                while b"READY=1" not in await asyncio.get_running_loop().sock_recv(notices, 4096):
                    pass

    async def stop(self, how=signal.SIGINT):
        """SIGINT ends it in order, SIGQUIT as a crash does."""
        if self.process is not None and self.process.returncode is None:
            os.kill(self.process.pid, how)
            await self.process.wait()

    async def new_url(self):
        """Of a place where nothing is yet. The password in it means nothing, and is looked for in logs."""
        self._schemas += 1
        name = f"test{self._schemas}"
        where = ["-h", str(self.dir), "-U", "vestnik", "-d", "postgres"]
        process = await self._spawn("psql", *where, "-c", f"CREATE SCHEMA {name}")
        assert await process.wait() == 0, (self.dir / "log").read_text()
        return f"postgresql://vestnik:{PASSWORD}@/postgres?host={self.dir}&options=-csearch_path%3D{name}"


PASSWORD = "opensesame"


@contextlib.asynccontextmanager
async def on_postgresql(world, changes=None):
    """A PostgreSQL of its own, and a server on it."""
    async with Cluster() as cluster:
        storage = {"storage": {"path": await cluster.new_url()}}
        async with world.own_server(storage | (changes or {})) as server:
            yield cluster, server


@contextlib.asynccontextmanager
async def stored_in(world, backend, changes=None):
    """A server with its data in one of BACKENDS."""
    if backend == "PostgreSQL":
        async with on_postgresql(world, changes) as (_, server):
            yield server
    else:
        async with world.own_server(changes) as server:
            yield server


BACKENDS = ("SQLite", "PostgreSQL")
