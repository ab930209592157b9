"""Prosody beside the server under test."""
import asyncio
import collections
import shutil

from foreign import ForeignServer

CONFIG = """
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ {{ to = "stdout", levels = {{ min = "debug" }} }} }}
interfaces = {{ "{address}" }}
local_interfaces = {{ "{address}" }}
c2s_ports = {{ {c2s} }}
s2s_ports = {{ {s2s} }}
s2s_direct_tls_ports = {{ {s2s_direct} }}
unbound = {{ resolvconf = false, forward = "127.0.0.1@{dns}", hoststxt = false,
            options = {{ ["do-not-query-localhost:"] = "no" }} }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "version", "posix", "register_ibr",
                    {more} }}
modules_disabled = {{ "offline" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
allow_registration = true
s2s_require_encryption = true
s2s_secure_auth = {secure}
ssl = {{ certificate = "{certificate}", key = "{key}", cafile = "{ca}" }}
authentication = "internal_plain"
VirtualHost "{host}"
Component "{rooms}" "muc"
"""
SERVICES = ("c2s", "s2s", "s2s_direct_tls")


class Prosody(ForeignServer):
    name = "prosody"
    knows_bidi = True

    @staticmethod
    def missing():
        return "" if shutil.which("prosody") else "prosody is not installed"

    def configure(self):
        (self.folder / "data").mkdir()
        config = self.folder / "prosody.cfg.lua"
        more = {"dialback": self.link.dialback, "s2s_bidi": self.link.bidi, "smacks": self.link.bidi}
        config.write_text(
            CONFIG.format(
                folder=self.folder,
                address=self.address,
                c2s=self.c2s,
                s2s=self.s2s,
                s2s_direct=self.s2s_direct,
                dns=self.names.port,
                more=", ".join(f'"{module}"' for module, wanted in more.items() if wanted),
                secure="false" if self.link.dialback else "true",
                certificate=self.certificate,
                key=self.key,
                ca=self.authority.path,
                host=self.host,
                rooms=self.rooms,
            )
        )
        self._lines = collections.deque(maxlen=2000)
        return ["prosody", "-F", "--config", str(config)], {}

    def stdout(self):
        return asyncio.subprocess.PIPE

    async def ready(self):
        """Its log says which ports it listens on."""
        waiting = set(SERVICES)
        while waiting:
            line = await self._next_line()
            waiting -= {service for service in waiting if f"Activated service '{service}' on" in line}
        self._reader = asyncio.create_task(self._read_on())

    async def _next_line(self):
        line = (await self._process.stdout.readline()).decode(errors="replace")
        assert line, f"prosody ended:\n{self.log_tail()}"
        self._lines.append(line.rstrip())
        return line

    async def _read_on(self):
        async for line in self._process.stdout:
            self._lines.append(line.decode(errors="replace").rstrip())

    def log_tail(self, lines=60):
        return "\n".join(list(self._lines)[-lines:])
