"""Disks in trouble under a server's data folder."""
import asyncio
import contextlib
import errno
import mmap
import pathlib
import resource
import shutil
import struct

from .suite import Skip

SOURCE = pathlib.Path(__file__).with_name("faulty_disk.c")


class FaultyDisk:
    """A library that the server is started with, and what it does at the moment."""

    def __init__(self, server):
        self._library = server.dir / "faulty_disk.so"
        control = server.dir / "faulty_disk"
        control.write_bytes(bytes(8))
        with open(control, "r+b") as file:
            self._control = mmap.mmap(file.fileno(), 8)
        self.environment = {
            "LD_PRELOAD": str(self._library),
            "FAULTY_DISK_CONTROL": str(control),
            "FAULTY_DISK_FOLDER": str(server.dir / "data"),
        }

    @classmethod
    async def under(cls, server):
        """For a server that is not started yet, which then is: `start(environment=disk.environment)`."""
        compiler = shutil.which("cc") or shutil.which("clang-19")
        if not compiler:
            raise Skip("no C compiler")
        disk = cls(server)
        options = ("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", disk._library, SOURCE)
        built = await asyncio.create_subprocess_exec(compiler, *options)
        assert await built.wait() == 0, "faulty_disk.c does not compile"
        return disk

    def behave(self, error=0, sync_ms=0):
        """Writes fail with this error, syncs take so long; from now on."""
        self._control[:] = struct.pack("ii", error, sync_ms)


@contextlib.asynccontextmanager
async def mounted(folder, *options):
    """Something mounted on the folder; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    if not await _mount("mount", *options, folder):
        raise Skip("mounting is not allowed here")
    try:
        yield
    finally:
        await _mount("umount", "--lazy", folder)


async def remount(folder, options):
    assert await _mount("mount", "-o", f"remount,{options}", folder), options


async def _mount(*command):
    try:
        done = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    except FileNotFoundError:
        return False
    return await done.wait() == 0


class Failing:
    """Writes of a running server fail with an error."""

    def __init__(self, error):
        self.error = error
        self.condition = "resource-constraint" if error == errno.ENOSPC else "internal-server-error"

    async def prepare(self, server):
        self._disk = await FaultyDisk.under(server)
        return self._disk.environment

    def begin(self, server):
        self._disk.behave(error=self.error)

    def end(self, server):
        self._disk.behave()


class Limited:
    """Files of a running server must not grow any more (RLIMIT_FSIZE)."""

    condition = "internal-server-error"

    async def prepare(self, server):
        return {}

    def begin(self, server):
        self._set(server, 4096)

    def end(self, server):
        self._set(server, resource.RLIM_INFINITY)

    @staticmethod
    def _set(server, bytes):
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (bytes, hard))
