"""xmpp.js: a small program over it, `xmppjs.js`, with the packages that `npm/package-lock.json` names: its
last version for the Node.js of Debian 12, and the SCRAM library as it was then (1.3 answers by promises, for
which it does not wait)."""
import asyncio
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from client import HOST, Program

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[2] / ".build/interop"
SOURCE, PACKAGES = HERE / "xmppjs.js", HERE / "npm"


@functools.cache
def installed():
    """Folder of the packages, installed anew when the lock file changes."""
    lock = (PACKAGES / "package-lock.json").read_bytes()
    folder = CACHE / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        made = pathlib.Path(tempfile.mkdtemp(dir=CACHE))
        shutil.copytree(PACKAGES, made, dirs_exist_ok=True)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=made, capture_output=True, text=True, check=True)
            made.rename(folder)  # whole or not at all
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


class XmppJs(Program):
    needs = ("node", "npm")
    resource = "xmpp.js"

    @classmethod
    async def missing(cls):
        if why := await super().missing():
            return why
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.lstrip("v").partition(".")[0]) < 18:
            return f"@xmpp/client needs Node.js 18 or later; this is {version.strip()}"
        try:
            await asyncio.to_thread(installed)
        except subprocess.CalledProcessError as error:
            return f"npm ci failed: {error.stderr.strip().splitlines()[-1:]}"
        return ""

    async def command(self):
        # An import is looked for next to the importing file.
        program = shutil.copy(SOURCE, self.folder)
        (self.folder / "package.json").write_text('{"type": "module"}')
        modules = self.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(installed() / "node_modules")
        address = self.address()
        account = self.account
        return "node", program, address, account.domain, account.local, account.password, self.resource

    def address(self):
        return f"xmpp://{HOST}:{self.server.starttls_port}"

    def environment(self):
        return os.environ | {"NODE_EXTRA_CA_CERTS": self.server.authority.path}


class XmppJsMobile(XmppJs):
    """On a phone, and one of several devices: streams that are resumed (XEP-0198), client states (XEP-0352),
    carbons (XEP-0280), the archive in pages (XEP-0313)."""

    def another(self):
        """A further device, not started."""
        folder = self.folder / "another"
        folder.mkdir()
        other = type(self)(self.server, self.account, folder)
        other.resource = "another"
        return other

    @property
    def full(self):
        return f"{self.jid}/{self.resource}"

    async def _do(self, command, fact):
        self.facts.discard(fact)
        self.tell(command)
        await self.until(fact)

    async def lose_network(self):
        await self.until("managed")
        await self._do("lose", "lost")

    async def find_network(self):
        await self._do("find", "resumed")

    async def look_away(self):
        await self._do("inactive", "is inactive")

    async def look(self):
        await self._do("active", "is active")

    async def history(self, jid, reverse=False):
        """The texts of all messages from and to a contact, read in small pages."""
        self.facts = {fact for fact in self.facts if not fact.startswith("history ")}
        self.tell(f"history {jid} {'backwards' if reverse else 'forwards'}")
        return json.loads((await self.first("history ")).removeprefix("history "))


class XmppJsDirect(XmppJs):
    """The same over direct TLS (XEP-0368)."""

    def address(self):
        return f"xmpps://{HOST}:{self.server.direct_port}"


class XmppJsWeb(XmppJs):
    """The same over WebSocket (RFC 7395)."""

    def address(self):
        return f"wss://{HOST}:{self.server.https_port}/ws"
