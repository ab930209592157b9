"""ejabberd beside the server under test."""
import asyncio
import glob
import pathlib
import shutil
import socket

from foreign import ForeignServer

CONFIG = """
hosts: ["{host}"]
loglevel: info
certfiles: ["{pem}"]
ca_file: "{ca}"
auth_method: internal
s2s_use_starttls: required
s2s_cafile: "{ca}"
outgoing_s2s_families: [ipv4]
registration_timeout: infinity
disable_sasl_mechanisms: [digest-md5, X-OAUTH2]
listen:
  - {{port: {c2s}, ip: "{address}", module: ejabberd_c2s, shaper: none}}
  - {{port: {s2s}, ip: "{address}", module: ejabberd_s2s_in, cafile: "{ca}"}}
  - {{port: {s2s_direct}, ip: "{address}", module: ejabberd_s2s_in, tls: true, cafile: "{ca}"}}
access_rules:
  everybody: {{allow: all}}
api_permissions: {{}}
modules:
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_version: {{}}
  mod_register: {{access: everybody, ip_access: all, registration_watchers: []}}
  mod_muc: {{host: "{rooms}", access_create: everybody}}
"""
INETRC = """
{{resolv_conf, ""}}.
{{hosts_file, ""}}.
clear_ns.
{{nameserver, {{127,0,0,1}}, {dns}}}.
{{lookup, [dns]}}.
"""


def libraries():
    """Where Debian keeps ejabberd's code, or none."""
    found = glob.glob("/usr/lib/*/ejabberd-*/ebin")
    return str(pathlib.Path(found[0]).parents[1]) if found else ""


class Ejabberd(ForeignServer):
    name = "ejabberd"
    wants_client_usage = True
    our_name = "localhost"  # it asks our name server for services, but the system for addresses

    @staticmethod
    def missing():
        return "" if shutil.which("erl") and libraries() else "ejabberd is not installed"

    def configure(self):
        pem = self.folder / "server.pem"
        pem.write_text(pathlib.Path(self.certificate).read_text() + pathlib.Path(self.key).read_text())
        pem.chmod(0o600)
        config = self.folder / "ejabberd.yml"
        config.write_text(
            CONFIG.format(
                host=self.host,
                rooms=self.rooms,
                address=self.address,
                c2s=self.c2s,
                s2s=self.s2s,
                s2s_direct=self.s2s_direct,
                pem=pem,
                ca=self.authority.path,
            )
            + ("  mod_s2s_dialback: {}\n" if self.link.dialback else "")
        )
        inetrc = self.folder / "inetrc"
        inetrc.write_text(INETRC.format(dns=self.names.port))
        # ejabberd tells its service manager when it serves.
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.setblocking(False)
        self._told.bind(str(self.folder / "notify"))
        # Without a name the node needs no distribution, and so no epmd.
        arguments = ["erl", "-noinput", "-mnesia", "dir", f'"{self.folder}/mnesia"', "-s", "ejabberd"]
        return arguments, {
            "ERL_LIBS": libraries(),
            "ERL_INETRC": str(inetrc),
            "ERL_CRASH_DUMP_BYTES": "0",
            "HOME": str(self.folder),
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(self.folder / "log"),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
        }

    async def ready(self):
        loop = asyncio.get_running_loop()
        while b"READY=1" not in await loop.sock_recv(self._told, 4096):
            pass

    async def end(self):
        await super().end()
        self._told.close()

    def log_tail(self, lines=60):
        log = self.folder / "log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(line[:600] for line in text.splitlines()[-lines:])
