"""Prosody from the Debian root, with the settings its documentation names for load."""
import shutil

from pair import Names, Pair
from server import Server

CORE = """roster saslauth tls disco private blocklist carbons smacks ping version register_ibr offline posix
time uptime""".split()
FULL = CORE + "mam pep vcard4 vcard_legacy bookmarks csi csi_simple cloud_notify bosh websocket".split()

CONFIG = """
run_as_root = true
pidfile = "/srv/prosody.pid"
data_path = "/srv/data"
plugin_paths = {{}}
log = {{ warn = "/srv/prosody.log" }}
network_backend = "epoll"
network_settings = {{ nagle = false, tcp_backlog = 4096 }}
gc = {{ mode = "generational" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
http_ports = {{ {http} }}
https_ports = {{ }}
s2s_ports = {{ {s2s_port} }}
modules_enabled = {{ {modules} }}
{federation}
authentication = "internal_hashed"
password_hash = "SHA-256"
default_iteration_count = 4096
allow_registration = true
c2s_require_encryption = true
storage = "{storage}"
sql = {{ driver = "SQLite3", database = "/srv/prosody.sqlite" }}
sqlite_tune = "normal"
default_archive_policy = true
archive_expires_after = "never"
max_archive_query_results = 250
ssl = {{ certificate = "/srv/cert.pem", key = "/srv/key.pem" }}
VirtualHost "{host}"
Component "conference.{host}" "muc"
muc_room_locking = false
muc_room_default_public = true
restrict_room_creation = false
{room_modules}
"""

ALONE = 'modules_disabled = { "s2s" }'


class Prosody(Server):
    """One Lua process, one thread."""

    product = "prosody"

    def __init__(self, root, full, *arguments):
        super().__init__(*arguments)
        self.root, self.full = root, full
        self.name = "Prosody full" if full else "Prosody core"
        self.offers = frozenset({"rooms", "archive"} if full else {"rooms"})

    def version(self):
        return self.root.version("prosody")

    def configure(self):
        self.write_config(self.folder, "localhost", self.port, self.port + 1)

    def write_config(self, folder, host, port, http, s2s_port="", federation=ALONE, more=()):
        (folder / "data").mkdir(parents=True)
        for file in ("cert.pem", "key.pem"):
            shutil.copy(self.tls / file, folder)
        config = CONFIG.format(
            port=port,
            http=http,
            host=host,
            s2s_port=s2s_port,
            federation=federation,
            modules=", ".join(f'"{module}"' for module in [*(FULL if self.full else CORE), *more]),
            storage="sql" if self.full else "internal",
            room_modules='modules_enabled = { "muc_mam" }\nmuc_log_by_default = true' if self.full else "",
        )
        (folder / "prosody.cfg.lua").write_text(config)

    def commands(self):
        return [self.command(self.folder)]

    def command(self, folder):
        return self.root.command("prosody", "--config", "/srv/prosody.cfg.lua", "-F", data=folder)


class ProsodyPair(Pair, Prosody):
    """Two that trust each other by dialback, over TLS."""

    def configure(self):
        names = Names(self)
        federation = f"""s2s_secure_auth = false
unbound = {{ resolvconf = false, forward = "127.0.0.1@{names.port}", hoststxt = false,
            options = {{ ["do-not-query-localhost:"] = "no" }} }}"""
        for i, ((domain, *links), folder, port, s2s_port) in enumerate(self.places()):
            self.write_config(folder, domain, port, self.port + 4 + i, s2s_port, federation, ["dialback"])
            with open(folder / "prosody.cfg.lua", "a", encoding="utf-8") as config:
                config.writelines(f'VirtualHost "{link}"\n' for link in links)

    def commands(self):
        return [self.command(folder) for _, folder, _, _ in self.places()]
