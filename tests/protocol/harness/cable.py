"""A network namespace of its own for a server under test, and the cable that leads there."""
import asyncio
import contextlib
import ipaddress
import itertools
import os
import shutil

from .suite import Skip

_numbers = itertools.count()


async def _run(*command):
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, error = await process.communicate()
    assert process.returncode == 0, f"{' '.join(command)}: {error.decode()}"


class Cable:
    """Two links between this network and another one: the cable, which can be pulled, between `near` and
    `far`, and a way for the test's clients to the server behind it, at `door`."""

    def __init__(self):
        number = os.getpid() * 16 + next(_numbers)
        # Addresses for tests of devices (RFC 2544), so that nobody else's are hidden: two times four.
        first = ipaddress.ip_address("198.18.0.0") + 8 * (number % 16384)
        self.near, self.far, self._hall, self.door = [str(first + n) for n in (1, 2, 5, 6)]
        self._names = f"vt{number}a", f"vt{number}b"
        self.command = ()  # what starts a process in the other network

    @contextlib.asynccontextmanager
    async def laid(self):
        if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "unshare", "nsenter"))):
            raise Skip("network namespaces need root and iproute2")
        pipe = asyncio.subprocess.PIPE
        holder = await asyncio.create_subprocess_exec(
            "unshare", "--net", "sh", "-c", "echo there; exec sleep 3600", stdout=pipe, stderr=pipe
        )
        try:
            if await holder.stdout.readline() != b"there\n":
                raise Skip(f"no network namespaces here: {(await holder.stderr.read()).decode().strip()}")
            self.command = ("nsenter", f"--target={holder.pid}", "--net")
            await _run(*self.command, "ip", "link", "set", "lo", "up")
            for name, near, far in (
                (self._names[0], self.near, self.far),
                (self._names[1], self._hall, self.door),
            ):
                there = ("netns", str(holder.pid))
                await _run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}x", *there)
                await _run("ip", "address", "add", f"{near}/30", "dev", name)
                await _run(*self.command, "ip", "address", "add", f"{far}/30", "dev", f"{name}x")
                for where, end in (((), name), (self.command, f"{name}x")):
                    await _run(*where, "ip", "link", "set", end, "up")
            yield self
        finally:
            for name in self._names:  # not left to the end of the last connection over there
                with contextlib.suppress(AssertionError):
                    await _run("ip", "link", "delete", name)
            holder.kill()
            await holder.wait()

    async def pull(self):
        """Nothing goes through any more, either way, and nobody is told."""
        await _run(*self.command, "ip", "link", "set", f"{self._names[0]}x", "down")

    async def plug_in(self):
        await _run(*self.command, "ip", "link", "set", f"{self._names[0]}x", "up")
