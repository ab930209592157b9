"""Profanity, a console client built on libstrophe."""
import re

from terminal import Screen

SETTINGS = "[ui]\nsplash=false\n[presence]\nconsole=all\n"
ACCOUNT = """[{local}]
enabled=true
jid={jid}
resource=profanity
server=127.0.0.1
port={port}
password={password}
tls.policy=force
"""


class Profanity(Screen):
    needs = ("profanity", "tmux")

    async def start(self):
        for path, text in (
            ("config/profanity/profrc", SETTINGS),
            ("data/profanity/accounts", self._account()),
        ):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        environment = {
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "SSL_CERT_FILE": self.server.authority.path,
        }
        await self.open(f"profanity -a {self.account.local}", environment)
        await self.shows(rf"{re.escape(self.jid)}/profanity logged in successfully")
        await self.shows(r"\[TLS\] \[online\]")

    def _account(self):
        return ACCOUNT.format(
            local=self.account.local,
            jid=self.jid,
            port=self.server.starttls_port,
            password=self.account.password,
        )

    async def leave(self):
        await self.enter("/quit")
        await self.gone()

    async def request(self, jid):
        await self.enter(f"/sub request {jid}")
        await self.enter("/win 1")
        await self.shows(f"Sent subscription request to {re.escape(jid)}")

    async def allow(self, jid):
        await self.enter("/win 1")
        await self.shows(rf"Received authorization request from {re.escape(jid)}")
        await self.enter(f"/sub allow {jid}")
        await self.shows(f"Accepted subscription for {re.escape(jid)}")

    async def _sees(self, jid, state):
        await self.enter(f"/msg {jid}")
        await self.shows(rf"^ {re.escape(jid)} \[{state}\]")

    async def sees_online(self, jid):
        await self._sees(jid, "online")

    async def sees_offline(self, jid):
        await self._sees(jid, "offline")

    async def say(self, jid, text):
        await self.enter(f"/msg {jid} {text}")
        await self.shows(f"me: {re.escape(text)}")

    async def hears(self, jid, text):
        await self.enter(f"/msg {jid}")
        await self.shows(rf"{re.escape(jid)}(/\S+)?: {re.escape(text)}")
