"""go-sendxmpp, a command for scripts: one process listens, another sends. It knows no contacts."""
import asyncio
import os

from client import HOST, Observer, deadline, kill


class GoSendxmpp(Observer):
    needs = ("go-sendxmpp",)
    listening = None

    async def _run(self, *options):
        return await asyncio.create_subprocess_exec(
            *("go-sendxmpp", "-u", self.jid, "-p", self.account.password),
            *("-j", f"{HOST}:{self.server.starttls_port}", *options),
            env=os.environ | {"SSL_CERT_FILE": self.server.authority.path},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def start(self):
        self.forget()
        self.listening = await self._run("-l")
        self._reader = asyncio.create_task(self._read())

    async def _read(self):
        """Its lines have the form `TIME JID: TEXT`."""
        async for line in self.listening.stdout:
            before, _, text = line.decode().rstrip("\n").partition(": ")
            self.observe(f"message {before.rpartition(' ')[2].partition('/')[0]} {text}")

    async def say(self, jid, text):
        sending = await self._run(jid)
        async with deadline(f"{self}: sends", str):
            said, _ = await sending.communicate(f"{text}\n".encode())
        assert sending.returncode == 0, f"{self}: exit code {sending.returncode}\n{said.decode()}"

    async def leave(self):
        async with deadline(f"{self}: ends", str):
            await self.end()

    async def end(self):
        if self.listening is None:
            return
        await kill(self.listening)  # there is no other way to end it
        await self._reader
        self.listening = None
