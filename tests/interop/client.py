"""What a conversation asks of a client, whatever client it is."""
import asyncio
import contextlib
import os
import shutil
import signal

HOST, DEADLINE = "127.0.0.1", 25  # where servers listen; seconds to wait for anything


class Client:
    """An account in the hands of one program. A subclass in `clients` drives it as its user would, and
    waits for what the program shows."""

    needs = ()  # commands without which it cannot run

    def __init__(self, server, account, folder):
        self.server, self.account, self.folder = server, account, folder

    def __str__(self):
        return f"{self.account.local} ({type(self).__name__})"

    @property
    def jid(self):
        return self.account.bare

    @classmethod
    async def missing(cls):
        """Why it cannot run here; empty if it can."""
        absent = [command for command in cls.needs if not shutil.which(command)]
        return f"{', '.join(absent)} not installed" if absent else ""

    async def start(self):
        """Logs in over TLS and becomes available."""
        raise NotImplementedError

    async def leave(self):
        """Logs out as its user would."""
        raise NotImplementedError

    async def end(self):
        """Ends what still runs, whatever state it is in."""

    async def request(self, jid):
        """Asks to see the presence of another."""
        raise NotImplementedError

    async def allow(self, jid):
        """Waits for the other's request and grants it."""
        raise NotImplementedError

    async def sees_online(self, jid):
        raise NotImplementedError

    async def sees_offline(self, jid):
        raise NotImplementedError

    async def say(self, jid, text):
        raise NotImplementedError

    async def hears(self, jid, text):
        raise NotImplementedError


@contextlib.asynccontextmanager
async def deadline(what, describe):
    """Fails with what was waited for, and what there was instead, when it did not come in time."""
    try:
        async with asyncio.timeout(DEADLINE):
            yield
    except TimeoutError:
        raise AssertionError(f"{what}: not within {DEADLINE} s\n{describe()}") from None


async def kill(process):
    """Ends a process that may be ending by itself; its exit code."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            # Not Process.kill(): that reaps a process that has just ended, behind asyncio's back.
            os.kill(process.pid, signal.SIGKILL)
    return await process.wait()


class Observer(Client):
    """A client that tells what it sees in lines: `ready`, `request JID`, `online JID`, `offline JID`,
    `message JID TEXT`."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.forget()

    def forget(self):
        """As before the login."""
        self.facts, self._changed = set(), asyncio.Event()
        self.ended = ""  # its last words, when it ended by itself

    def observe(self, line):
        kind, _, rest = line.partition(" ")
        self.facts.discard({"online": "offline", "offline": "online"}.get(kind, kind) + f" {rest}")
        self.facts.add(line)
        self._changed.set()

    async def until(self, fact):
        await self._wait(fact, lambda: fact in self.facts)

    async def first(self, beginning):
        """Waits for a fact that begins so, and gives it back."""

        def found():
            return next((fact for fact in self.facts if fact.startswith(beginning)), None)

        await self._wait(beginning, found)
        return found()

    async def _wait(self, what, done):
        async with deadline(f"{self}: {what}", lambda: "\n".join(sorted(self.facts))):
            while not done():
                assert not self.ended, f"{self} ended while waiting for: {what}\n{self.ended}"
                self._changed.clear()
                await self._changed.wait()

    async def sees_online(self, jid):
        await self.until(f"online {jid}")

    async def sees_offline(self, jid):
        await self.until(f"offline {jid}")

    async def hears(self, jid, text):
        await self.until(f"message {jid} {text}")


class Program(Observer):
    """An Observer that is a process: what it sees comes from its output, and commands go to its input:
    `request JID`, `allow JID`, `say JID TEXT`, `leave`."""

    process = None

    async def command(self):
        """The command line."""
        raise NotImplementedError

    def environment(self):
        return None

    async def start(self):
        self.forget()
        pipe = asyncio.subprocess.PIPE
        self.errors = open(self.folder / "errors", "ab")
        self.process = await asyncio.create_subprocess_exec(
            *await self.command(), stdin=pipe, stdout=pipe, stderr=self.errors, env=self.environment()
        )
        self._reader = asyncio.create_task(self._read())
        await self.until("ready")

    async def _read(self):
        async for line in self.process.stdout:
            self.observe(line.decode().rstrip("\n"))
        self.ended = (self.folder / "errors").read_text(errors="replace")[-2000:] or "without a word"
        self._changed.set()

    def tell(self, command):
        self.process.stdin.write(f"{command}\n".encode())

    async def request(self, jid):
        self.tell(f"request {jid}")

    async def allow(self, jid):
        await self.until(f"request {jid}")
        self.tell(f"allow {jid}")

    async def say(self, jid, text):
        self.tell(f"say {jid} {text}")

    async def leave(self):
        self.tell("leave")
        async with deadline(f"{self}: ends", lambda: "\n".join(sorted(self.facts))):
            code = await self.process.wait()
        await self.end()
        assert code == 0, f"{self}: exit code {code}"

    async def end(self):
        if self.process is None:
            return
        await kill(self.process)
        await self._reader
        self.errors.close()
        self.process = None
