"""A PostgreSQL cluster from this machine's package, on a Unix socket in a temporary folder."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from server import START, STOP, Failed


class Cluster:
    """One cluster with its defaults, syncing included; as root it runs as the user postgres."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vestnik-bench-"))
        self.process = None

    @property
    def url(self):
        return f"postgresql://vestnik@/postgres?host={self.folder}"

    def start(self):
        """Makes it, the first time, and returns when it accepts connections."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        if not data.exists():
            self._run("initdb", "-D", data, "-A", "trust", "-U", "vestnik", "-E", "UTF8", "--locale=C.UTF-8")
        with open(self.folder / "log", "ab") as log:
            settings = ["-c", "listen_addresses=", "-k", self.folder]
            command = self._command("postgres", "-D", data, *settings)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START
        while subprocess.run(
            self._command("pg_isready", "-q", "-h", self.folder), timeout=START, check=False
        ).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("PostgreSQL did not start:\n" + (self.folder / "log").read_text()[-1000:])
            time.sleep(0.05)

    def stop(self):
        """Ends it and forgets its data."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _command(program, *arguments):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        if not found:
            raise Failed("PostgreSQL is not installed (deploy/deps test)")
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        environment = ["env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C"]
        return ["setpriv", *user, *environment, *map(str, [found[-1], *arguments])]

    def _run(self, *command):
        done = subprocess.run(
            self._command(*command), capture_output=True, text=True, timeout=START, check=False
        )
        if done.returncode:
            raise Failed(f"{command[0]} failed: {done.stderr.strip()}")
