"""xmpp.js: a small program over it, `xmppjs.js`, with the packages that `npm/package-lock.json` names: its
last version for the Node.js of Debian 12, and the SCRAM library as it was then (1.3 answers by promises, for
which it does not wait)."""
import asyncio
import functools
import hashlib
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
    scheme = "xmpp"  # STARTTLS

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
        port = self.server.direct_port if self.scheme == "xmpps" else self.server.starttls_port
        address = f"{self.scheme}://{HOST}:{port}"
        return "node", program, address, self.account.domain, self.account.local, self.account.password

    def environment(self):
        return os.environ | {"NODE_EXTRA_CA_CERTS": self.server.authority.path}


class XmppJsDirect(XmppJs):
    """The same over direct TLS (XEP-0368)."""

    scheme = "xmpps"
