"""ejabberd from the Debian root, with the settings its documentation names for load."""
import shutil

from pair import Names, Pair
from server import Server

CORE = """mod_roster mod_disco mod_private mod_blocking mod_privacy mod_carboncopy mod_stream_mgmt mod_ping
mod_version mod_register mod_offline mod_muc mod_last mod_time""".split()
FULL = CORE + """mod_mam mod_pubsub mod_caps mod_vcard mod_vcard_xupdate mod_avatar mod_client_state mod_push
mod_push_keepalive mod_bosh mod_adhoc""".split()

OPTIONS = {
    "mod_register": "{ip_access: all, access: all, password_strength: 0}",
    "mod_offline": "{access_max_user_messages: most_offline, use_mam_for_storage: false}",
    "mod_mam": "{default: always, db_type: sql, cache_size: 100000}",
    "mod_vcard": "{search: false}",
    "mod_pubsub": "{plugins: [flat, pep]}",
}
CONFIG = """
hosts: [{hosts}]
loglevel: warning
certfiles: [/srv/both.pem]
listen:
  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_c2s, starttls_required: true, backlog: 4096,
     max_stanza_size: 262144, shaper: none, access: all}}
  - {{port: {http}, ip: 127.0.0.1, module: ejabberd_http, request_handlers: {handlers}}}
{federation}auth_method: sql
auth_password_format: scram
auth_scram_hash: sha256
default_db: {database}
sql_type: sqlite
sql_database: /srv/ejabberd.sqlite
cache_size: 100000
registration_timeout: infinity
disable_sasl_mechanisms: [digest-md5, X-OAUTH2]
access_rules:
  most_offline: [{{allow: all}}]
shaper_rules:
  most_offline: [{{infinity: all}}]
modules:
{modules}
"""
INETRC = """
{{resolv_conf, ""}}.
{{hosts_file, ""}}.
clear_ns.
{{nameserver, {{127,0,0,1}}, {dns}}}.
{{lookup, [dns]}}.
"""
# The virtual machine's busy wait would count as CPU of the work: it is off.
ERLANG = ["+K", "true", "+P", "1000000", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]


class Ejabberd(Server):
    """One Erlang machine, a scheduler for each core."""

    product = "ejabberd"

    def __init__(self, root, full, *arguments):
        super().__init__(*arguments)
        self.root, self.full = root, full
        self.name = "ejabberd full" if full else "ejabberd core"
        self.offers = frozenset({"rooms", "archive"} if full else {"rooms"})

    def version(self):
        return self.root.version("ejabberd")

    def configure(self):
        self.write_config(self.folder, "localhost", self.port, self.port + 1)

    def write_config(self, folder, hosts, port, http, federation="", more=()):
        (folder / "mnesia").mkdir(parents=True)
        shutil.copy(self.tls / "both.pem", folder)
        options = OPTIONS | {
            "mod_muc": "{max_users: 20000, max_user_conferences: 1000, min_message_interval: 0, "
            f"default_room_options: {{mam: {str(self.full).lower()}, max_users: 20000}}}}"
        }
        modules = [f"  {name}: {options.get(name, '{}')}" for name in [*(FULL if self.full else CORE), *more]]
        handlers = "{/bosh: mod_bosh, /ws: ejabberd_http_ws}" if self.full else "{}"
        config = CONFIG.format(
            hosts=hosts,
            port=port,
            http=http,
            federation=federation,
            handlers=handlers,
            database="sql" if self.full else "mnesia",
            modules="\n".join(modules),
        )
        (folder / "ejabberd.yml").write_text(config)

    def commands(self):
        return [self.command(self.folder)]

    def command(self, folder, *more):
        environment = ["HOME=/srv", "EJABBERD_CONFIG_PATH=/srv/ejabberd.yml", "ERL_MAX_PORTS=65536"]
        environment += ["EJABBERD_LOG_PATH=/srv/ejabberd.log", "ERL_LIBS=/usr/lib/x86_64-linux-gnu"]
        erlang = ["erl", *ERLANG, "-noinput", "-mnesia", "dir", '"/srv/mnesia"', "-s", "ejabberd"]
        return self.root.command("env", *environment, *more, *erlang, data=folder)


class EjabberdPair(Pair, Ejabberd):
    """Two that trust each other by dialback, over TLS."""

    def configure(self):
        names = Names(self)
        for i, (domains, folder, port, s2s_port) in enumerate(self.places()):
            federation = f"  - {{port: {s2s_port}, ip: 127.0.0.1, module: ejabberd_s2s_in}}\n"
            federation += "s2s_use_starttls: required\noutgoing_s2s_families: [ipv4]\n"
            hosts, http = ", ".join(domains), self.port + 4 + i
            self.write_config(folder, hosts, port, http, federation, ["mod_s2s_dialback"])
            (folder / "inetrc").write_text(INETRC.format(dns=names.port))

    def commands(self):
        return [self.command(folder, "ERL_INETRC=/srv/inetrc") for _, folder, _, _ in self.places()]
