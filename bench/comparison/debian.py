"""A Debian of its own in a folder, for servers newer than this machine's: nothing is installed outside it."""
import os
import shutil
import subprocess

SUITE, SCRIPT = "forky", "sid"  # debootstrap of Debian 12 knows forky by the script it shares with sid
MIRROR = "http://deb.debian.org/debian"
PACKAGES = [
    *("prosody", "lua-event", "lua-unbound", "lua-lsqlite3", "lua-dbi-sqlite3"),
    *("ejabberd", "erlang-p1-sqlite3"),
    "jabberd2",
]


class Unavailable(Exception):
    """The other servers cannot be had here; the text says why."""


class Root:
    """The folder. Made once, in about a minute; later runs find it as it is."""

    def __init__(self, folder):
        self.folder = folder

    def prepare(self, say):
        """Makes it unless it is there."""
        done = self.folder / ".complete"
        if not done.exists() or done.read_text() != "\n".join(PACKAGES):
            self._unpack(say)
            done.write_text("\n".join(PACKAGES))
        (self.folder / "etc/hosts").write_text("127.0.0.1 localhost\n")

    def _unpack(self, say):
        if os.geteuid() != 0:
            raise Unavailable("only root may make and enter a root directory")
        if not shutil.which("debootstrap"):
            raise Unavailable("debootstrap is not installed (apt-get install debootstrap)")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        say(f"unpacking Debian {SUITE} into {self.folder}")
        self._run("debootstrap", "--variant=minbase", SUITE, self.folder, MIRROR, SCRIPT)
        never = self.folder / "usr/sbin/policy-rc.d"  # asked before a package starts its service
        never.write_text("#!/bin/sh\nexit 101\n")
        never.chmod(0o755)
        # A mirror that is a copy of a certain day goes on after its lists have lapsed.
        (self.folder / "etc/apt/apt.conf.d/10copy").write_text('Acquire::Check-Valid-Until "false";\n')
        say("installing " + " ".join(PACKAGES))
        self._run(*self.command("apt-get", "update"))
        install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y"]
        self._run(*self.command(*install, "--no-install-recommends", *PACKAGES))

    def command(self, *arguments, data=None):
        """What runs a program inside, in a mount namespace of its own, as the same process. `data` is seen
        as /srv."""
        mounts = 'mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev"'
        if data is not None:
            mounts += f' && mount --bind "{data}" "$0/srv"'
        script = f'{mounts} && exec chroot "$0" "$@"'
        return ["unshare", "-m", "sh", "-c", script, str(self.folder), *map(str, arguments)]

    def version(self, package):
        asked = ["chroot", str(self.folder), "dpkg-query", "-W", "-f", "${Version}", package]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    @staticmethod
    def _run(*command):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()[-8:]
            raise Unavailable(f"{command[0]} failed: " + "\n  ".join(said))
