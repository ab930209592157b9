"""Gateways to other networks as components of the server under test, each beside a real server of its
network."""
import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

import slixmpp
from client import DEADLINE, Observer, deadline
from harness.server import HOST, Server, free_port
from harness.stream import Patience

TRANSPORTS = []  # (name, commands that it needs, function of the binaries)


def transport(*needs):
    """Registers an async function(binaries, stack) that plays one scenario; `needs`: commands it runs."""

    def register(function):
        TRANSPORTS.append((f"interop.{function.__name__}", needs, function))
        return function

    return register


def missing(needs):
    path = os.environ["PATH"] + ":/usr/sbin:/usr/lib/postfix/sbin"
    absent = [command for command in needs if not shutil.which(command, path=path)]
    return f"{', '.join(absent)} not installed" if absent else ""


class Program:
    """A program with a folder of its own, ended by its process id."""

    def __init__(self, stack, name):
        self.name = name
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"vestnik-{name}-"))
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "log"
        self.process = None
        stack.push_async_callback(self.end)

    async def start(self, *arguments, environment=None):
        with open(self.log, "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | (environment or {}),
                cwd=self.folder,
            )

    async def logged(self, word):
        """Waits until the program has logged this."""
        try:
            async with asyncio.timeout(DEADLINE):
                while word not in self.log_text():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{self.name} did not say {word!r}:\n{self.log_text()[-3000:]}") from None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def end(self):
        if self.process and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self.process.wait()
                    return
            self.process.kill()
            await self.process.wait()


@contextlib.asynccontextmanager
async def server_with_component(binaries, domain, secret="component-secret"):
    """A server of ours that waits for a component; its port is `component_port`."""
    port = free_port()
    changes = {
        "host": [{"name": HOST, "scram_iterations": 4096}],
        "component": [{"name": domain, "secret": secret}],
        "components": {"port": port},
    }
    server = Server(binaries, changes)
    server.component_port = port
    try:
        await server.start()
        yield server
        await server.stop()
    except Exception as error:
        raise AssertionError(f"{error}\n{server.log_tail(40)}") from error
    finally:
        await server.cleanup()


class Person(Observer):
    """A user of the gateway, with slixmpp."""

    def __init__(self, server, account, *plugins):
        super().__init__(server, account, server.dir)
        self.xmpp = slixmpp.ClientXMPP(account.bare, account.password)
        self.xmpp.ca_certs = server.authority.path
        for plugin in plugins:
            self.xmpp.register_plugin(plugin)
        self.xmpp.add_event_handler("session_start", self._begin)
        self.xmpp.add_event_handler("message", self._heard)
        self.xmpp.add_event_handler("message_error", self._refused)
        self.xmpp.add_event_handler("got_online", lambda p: self.observe(f"online {p['from'].bare}"))
        self.xmpp.add_event_handler("got_offline", lambda p: self.observe(f"offline {p['from'].bare}"))

    @classmethod
    async def log_in(cls, stack, server, name, *plugins):
        person = cls(server, await server.account(name), *plugins)
        stack.push_async_callback(person.end)
        person.xmpp.connect(("127.0.0.1", server.starttls_port))
        await person.until("ready")
        return person

    async def _begin(self, _):
        await self.xmpp.get_roster()
        self.xmpp.send_presence()
        self.observe("ready")

    def _heard(self, message):
        if message["type"] != "error":
            self.observe(f"message {message['from'].full} {message['subject']}|{message['body']}")

    def _refused(self, message):
        error = message["error"]
        self.observe(f"refused {message['from'].bare} {error['condition']} {error['text']}")

    async def sees(self, *words):
        """Waits for a fact that has all these words in it; returns it."""

        def found():
            return next((fact for fact in self.facts if all(word in fact for word in words)), None)

        async with deadline(f"{self}: {words}", lambda: "\n".join(sorted(self.facts))):
            while not found():
                self._changed.clear()
                await self._changed.wait()
        return found()

    async def end(self):
        self.xmpp.abort()
        if self.xmpp._run_out_filters:  # a task that the library leaves behind
            self.xmpp._run_out_filters.cancel()


class IrcUser:
    """Somebody on the IRC server."""

    def __init__(self, reader, writer, nick):
        self.reader, self.writer, self.nick = reader, writer, nick

    @classmethod
    async def connect(cls, address, nick):
        user = cls(*await asyncio.open_connection(address, 6667), nick)
        user.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        await user.hears(" 001 ")
        return user

    def say(self, *lines):
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def hears(self, word):
        async with asyncio.timeout(Patience.seconds()):
            while word not in (line := (await self.reader.readline()).decode()):
                assert line, f"the IRC server closed while {word!r} was awaited"
                if line.startswith("PING"):
                    self.say(line.replace("PING", "PONG").strip())
            return line


NGIRCD = """[Global]
Name = irc.test.example
Info = for a test
Listen = {address}
Ports = 6667
MotdPhrase = hello
ServerUID = {uid}
ServerGID = {gid}
[Options]
DNS = no
Ident = no
PAM = no
"""
BIBOUMI = """hostname={domain}
password=component-secret
xmpp_server_ip=127.0.0.1
port={port}
db_name={folder}/biboumi.sqlite
log_level=0
realname_customization=true
"""


@transport("biboumi", "ngircd")
async def irc_by_biboumi(binaries, stack):
    """An IRC channel is joined, text flows both ways, and who leaves is seen to leave."""
    domain, address = f"irc.{HOST}", "127.0.0.41"
    server = await stack.enter_async_context(server_with_component(binaries, domain))
    ngircd, biboumi = Program(stack, "ngircd"), Program(stack, "biboumi")
    config = ngircd.folder / "ngircd.conf"
    rights = {"uid": os.getuid() or "nobody", "gid": os.getgid() or "nogroup"}
    config.write_text(NGIRCD.format(address=address, **rights))
    for path in (ngircd.folder, config):  # it gives up its rights where it has any
        path.chmod(0o755)
    await ngircd.start("/usr/sbin/ngircd", "--nodaemon", "--config", str(config))
    await ngircd.logged("listening")
    settings = biboumi.folder / "biboumi.cfg"
    settings.write_text(BIBOUMI.format(domain=domain, port=server.component_port, folder=biboumi.folder))
    await biboumi.start("/usr/bin/biboumi", str(settings))
    await server.logged("component.connected")

    romeo = await IrcUser.connect(address, "romeo")
    romeo.say("JOIN #balcony")
    await romeo.hears("JOIN")
    juliet = await Person.log_in(stack, server, "juliet", "xep_0045")
    room = f"#balcony%{address}@{domain}"
    juliet.xmpp.add_event_handler(
        "groupchat_message", lambda m: juliet.observe(f"room {m['from'].resource} {m['body']}")
    )
    await juliet.xmpp["xep_0045"].join_muc_wait(room, "juliet", timeout=DEADLINE)
    await romeo.hears("JOIN")
    juliet.xmpp.send_message(mto=room, mbody="o happy dagger", mtype="groupchat")
    line = await romeo.hears("PRIVMSG #balcony")
    assert line.startswith(":juliet!") and "o happy dagger" in line, line
    romeo.say("PRIVMSG #balcony :here's to my love")
    await juliet.until("room romeo here's to my love")
    romeo.say("PRIVMSG juliet :a word in private")
    heard = await juliet.sees("message", "a word in private")
    juliet.xmpp.send_message(mto=heard.split()[1], mbody="and back", mtype="chat")
    await romeo.hears("and back")
    juliet.xmpp["xep_0045"].leave_muc(room, "juliet")
    await romeo.hears("PART")
