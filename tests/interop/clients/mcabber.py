"""MCabber, a console client built on Loudmouth."""
import re

from client import deadline
from terminal import Screen

SETTINGS = """set jid = {jid}
set password = {password}
set server = 127.0.0.1
set port = {port}
set tls = 1
set ssl_ca = {ca}
set resource = mcabber
set disable_random_resource = 1
set roster_width = 40
"""


class Mcabber(Screen):
    needs = ("mcabber", "tmux")

    async def start(self):
        settings = self.folder / "mcabberrc"
        settings.write_text(
            SETTINGS.format(
                jid=self.jid,
                password=self.account.password,
                port=self.server.starttls_port,
                ca=self.server.authority.path,
            )
        )
        settings.chmod(0o600)
        self.folder.chmod(0o700)
        await self.open(f"mcabber -f {settings}", {"HOME": str(self.folder)})
        await self.shows("Your status has been set")

    async def leave(self):
        await self.enter("/quit")
        await self.gone()

    async def request(self, jid):
        await self.enter(f"/authorization request {jid}")
        await self.shows(f"Sent presence notification request to <{re.escape(jid)}>")

    async def allow(self, jid):
        await self.shows(f"<{re.escape(jid)}> wants to subscribe")
        await self.enter(f"/authorization allow {jid}")
        await self.shows(f"Sent presence subscription approval to <{re.escape(jid)}>")

    async def _look_at(self, jid, pattern="Buddy: "):
        """Opens the conversation; again if a change of the contact list closes it."""
        async with deadline(f"{self}: opens the conversation with {jid}: {pattern}", str):
            while True:
                await self.enter(f"/roster search {jid}")
                await self.enter("")
                if await self.shows_soon(pattern + re.escape(jid)):
                    return

    async def sees_online(self, jid):
        await self._look_at(jid, r"\[o\] Buddy: ")

    async def sees_offline(self, jid):
        await self._look_at(jid, r"\[_\] Buddy: ")

    async def say(self, jid, text):
        await self._look_at(jid)
        await self.enter(f"/say {text}")
        await self.shows(rf"--> {re.escape(text)}")

    async def hears(self, jid, text):
        await self._look_at(jid)
        await self.shows(rf"<== {re.escape(text)}")
