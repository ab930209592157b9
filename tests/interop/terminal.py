"""A terminal of its own for a program with a screen: tmux, in control mode (see its manual)."""
import asyncio
import itertools
import os
import re

from client import Client, deadline

COLUMNS, ROWS = 150, 50
DRAWING = 3  # seconds


class Terminal:
    """Runs a program; types into it; waits until its screen shows something. Whatever the program
    writes wakes the waiting, so that nothing polls."""

    _numbers = itertools.count(1)

    def __init__(self):
        self._tmux, self._reader = None, None
        self._answers, self._output, self.gone = asyncio.Queue(), asyncio.Event(), asyncio.Event()

    async def start(self, folder, command, environment):
        pipe = asyncio.subprocess.PIPE
        settings = {k: v for k, v in os.environ.items() if k != "TMUX"} | {"LANG": "C.UTF-8"} | environment
        self._tmux = await asyncio.create_subprocess_exec(
            # A socket of its own: on one of before, a server may still be ending.
            *("tmux", "-u", "-S", str(folder / f"tmux-{next(self._numbers)}"), "-f", "/dev/null", "-C"),
            *("new-session", "-x", str(COLUMNS), "-y", str(ROWS), command),
            stdin=pipe,
            stdout=pipe,
            env=settings,
        )
        self._reader = asyncio.create_task(self._read())
        async with deadline("tmux starts", str):
            await self._answers.get()  # of new-session
        assert not self.gone.is_set(), "tmux ended at once"
        await self._do(f"refresh-client -C {COLUMNS}x{ROWS}")

    async def _read(self):
        answer = None
        async for raw in self._tmux.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            if answer is not None and not line.startswith(("%end ", "%error ")):
                answer.append(line)
            elif line.startswith("%begin "):
                answer = []
            elif answer is not None:
                self._answers.put_nowait(answer)
                answer = None
            elif line.startswith("%output "):
                self._output.set()
        self.gone.set()
        self._output.set()
        self._answers.put_nowait([])  # there will be no other

    async def _do(self, command):
        self._tmux.stdin.write(f"{command}\n".encode())
        async with deadline(f"tmux: {command}", str):
            return await self._answers.get()

    async def enter(self, text):
        """Types a line."""
        quoted = text.replace("'", "'\\''")
        await self._do(f"send-keys -l '{quoted}'")
        await self._do("send-keys Enter")

    async def shows(self, pattern, who):
        """Waits until the screen matches."""
        screen = ""
        async with deadline(f"{who}: its screen shows {pattern!r}", lambda: screen):
            while True:
                assert not self.gone.is_set(), f"{who} ended, while it should show {pattern!r}\n{screen}"
                self._output.clear()
                screen = "\n".join(filter(str.strip, await self._do("capture-pane -p")))
                if re.search(pattern, screen):
                    return
                await self._output.wait()

    async def shows_soon(self, pattern, who):
        """Whether the screen comes to match within the time that a program takes to draw it."""
        try:
            async with asyncio.timeout(DRAWING):
                await self.shows(pattern, who)
            return True
        except TimeoutError:
            return False

    async def end(self):
        """Ends the program if it still runs."""
        if self._reader is None:
            return
        if not self.gone.is_set():
            self._tmux.stdin.write(b"kill-server\n")
        async with deadline("tmux ends", str):
            await self._reader
            await self._tmux.wait()


class Screen(Client):
    """A client in a terminal: subclasses say what to type and what to look for."""

    terminal = None

    async def open(self, command, environment):
        self.terminal = Terminal()
        await self.terminal.start(self.folder, command, environment)

    async def enter(self, text):
        await self.terminal.enter(text)

    async def shows(self, pattern):
        await self.terminal.shows(pattern, self)

    async def shows_soon(self, pattern):
        return await self.terminal.shows_soon(pattern, self)

    async def gone(self):
        """Waits until the program ended by itself."""
        async with deadline(f"{self}: ends", str):
            await self.terminal.gone.wait()
        await self.end()

    async def end(self):
        if self.terminal:
            await self.terminal.end()
            self.terminal = None
