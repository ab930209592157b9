"""Prosody from the Debian root, with the settings its documentation names for load."""
import shutil

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
s2s_ports = {{ }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s" }}
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
VirtualHost "localhost"
Component "conference.localhost" "muc"
muc_room_locking = false
muc_room_default_public = true
restrict_room_creation = false
{room_modules}
"""


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
        (self.folder / "data").mkdir()
        for file in ("cert.pem", "key.pem"):
            shutil.copy(self.tls / file, self.folder)
        config = CONFIG.format(
            port=self.port,
            http=self.port + 1,
            modules=", ".join(f'"{module}"' for module in (FULL if self.full else CORE)),
            storage="sql" if self.full else "internal",
            room_modules='modules_enabled = { "muc_mam" }\nmuc_log_by_default = true' if self.full else "",
        )
        (self.folder / "prosody.cfg.lua").write_text(config)

    def commands(self):
        return [self.root.command("prosody", "--config", "/srv/prosody.cfg.lua", "-F", data=self.folder)]
