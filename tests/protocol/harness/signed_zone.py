"""A DNS zone that is signed (DNSSEC), served by NSD: made anew for each test, with a key of its own."""
import asyncio
import pathlib
import shutil
import subprocess
import tempfile

from .server import free_port
from .stream import Patience

CONFIG = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "{zone}"
  zonefile: "{folder}/zone.signed"
"""
HEAD = """$ORIGIN {zone}
$TTL 300
@ IN SOA ns. admin. 1 3600 600 86400 60
@ IN NS ns.{zone}
ns IN A 127.0.0.1
"""


class SignedZone:
    """Records are added first, then serve() signs and publishes them. `trust_anchor` is the key's file."""

    def __init__(self, zone="example."):
        self._zone, self._lines, self.port = zone, [], free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="vestnik-zone-")
        self._path = pathlib.Path(self._folder.name)
        self._key = self._run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone).strip()
        self.trust_anchor = str(self._path / f"{self._key}.key")
        self._process = None

    @staticmethod
    def missing():
        tools = ("ldns-keygen", "ldns-signzone", "nsd")
        return ", ".join(tool for tool in tools if not shutil.which(tool))

    @property
    def config(self):
        """The `[dns]` of a server that believes this zone and nothing else."""
        return {
            "zones": [],
            "records": [],
            "forwarders": [f"127.0.0.1@{self.port}"],
            "trust_anchor": self.trust_anchor,
        }

    def add(self, name, kind, data):
        self._lines.append(f"{name}. IN {kind} {data}\n")

    def address(self, name, address):
        self.add(name, "A", address)

    def service(self, name, port, target):
        self.add(name, "SRV", f"0 0 {port} {target}.")

    def tlsa(self, port, target, data):
        self.add(f"_{port}._tcp.{target}", "TLSA", data)

    async def serve(self, forge=()):
        """`forge`: (old, new) texts, replaced when everything is signed already."""
        plain, signed = self._path / "zone", self._path / "zone.signed"
        plain.write_text(HEAD.format(zone=self._zone) + "".join(self._lines))
        self._run("ldns-signzone", "-f", str(signed), str(plain), self._key)
        if forge:
            text = signed.read_text()
            assert forge[0] in text, text
            signed.write_text(text.replace(*forge))
        config = self._path / "nsd.conf"
        config.write_text(CONFIG.format(port=self.port, folder=self._path, zone=self._zone))
        self._process = await asyncio.create_subprocess_exec(
            "nsd", "-d", "-c", str(config), stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(Patience.seconds()):
            line = b""
            while b"nsd started" not in line:
                line = await self._process.stderr.readline()
                assert line, "nsd has ended"
        return self

    async def stop(self):
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.communicate()
        self._folder.cleanup()

    def _run(self, *command):
        return subprocess.run(
            command, cwd=self._path, check=True, capture_output=True, text=True, timeout=60
        ).stdout
