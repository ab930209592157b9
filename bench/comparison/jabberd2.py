"""jabberd2 from the Debian root: its own configuration files with addresses, key and limits changed."""
import gzip
import re
import shutil
import sqlite3

from server import Failed, Server

PROCESSES = ("router", "sm", "c2s")
ATTEMPTS = 4


class Jabberd2(Server):
    """Three C processes of one thread each; no rooms, carbons, archive or stream management."""

    product = "jabberd2"
    name = "jabberd2"
    mechanism = "PLAIN"  # it stores passwords in a way that SCRAM cannot use
    manages_streams = False
    wears_out = True  # connections that follow on closed ones end in internal-server-error now and then

    def __init__(self, root, *arguments):
        super().__init__(*arguments)
        self.root = root

    def version(self):
        return self.root.version("jabberd2")

    def configure(self):
        shutil.copy(self.tls / "both.pem", self.folder)
        packaged = self.root.folder / "etc/jabberd2"
        for name in ("router-users.xml", "router-filter.xml"):
            shutil.copy(packaged / name, self.folder)
        for name in PROCESSES:
            text = re.sub(r"<!--.*?-->", "", (packaged / f"{name}.xml").read_text(), flags=re.DOTALL)
            (self.folder / f"{name}.xml").write_text(self._changed(text))
        with gzip.open(self.root.folder / "usr/share/doc/jabberd2/db-setup.sqlite.gz", "rt") as schema:
            database = sqlite3.connect(self.folder / "sqlite.db")
            database.executescript(schema.read())
            database.close()

    def start(self, fresh=False):
        """Two of its processes open the database when they start, and one of them may find it locked."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return super().start(fresh)
            except Failed as failed:
                self.stop()
                if left == 0 or "database is locked" not in str(failed):
                    raise

    def _changed(self, text):
        for pattern, value in (
            (r"<id register-enable='mu'>[^<]*", "<id register-enable='mu' pemfile='/srv/both.pem'>localhost"),
            (r"localhost\.localdomain", "localhost"),
            (r"<port>5347<", f"<port>{self.port + 1}<"),
            (r"<port>5222<", f"<port>{self.port}<"),
            (r"<ip>0\.0\.0\.0<", "<ip>127.0.0.1<"),
            (r"<max_fds>\d+<", "<max_fds>30000<"),
            (r"<stanzas>\d+<", "<stanzas>0<"),
            (r"<pidfile>[^<]*</pidfile>", ""),
            (r"<sleep>\d+<", "<sleep>1<"),
            (r"/var/log/jabberd2/|/var/lib/jabberd2/|/etc/jabberd2/", "/srv/"),
            (r"<digest-md5/>|<traditional>.*?</traditional>", ""),
        ):
            text = re.sub(pattern, value, text, flags=re.DOTALL)
        return text

    def commands(self):
        return [
            self.root.command(f"/usr/sbin/jabberd2-{name}", "-c", f"/srv/{name}.xml", data=self.folder)
            for name in PROCESSES
        ]
