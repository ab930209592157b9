"""The e-mail gateway's own manners: what mail servers and users may not do. That mail flows, tests/interop
shows with a real mail server."""
import asyncio
import contextlib
import os
import pathlib
import signal
import tempfile

from harness import Skip, check_error, test
from harness.component import tables
from harness.server import HOST, free_port
from harness.stream import Patience

GATE = f"mail.{HOST}"
REGISTER = "<query xmlns='jabber:iq:register'/>"


class Lmtp:
    """A mail server that a test plays."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def reply(self):
        """The next reply, all of its lines; "" at the end of the connection."""
        lines = []
        async with asyncio.timeout(Patience.seconds()):
            while line := (await self._reader.readline()).decode():
                lines.append(line.rstrip("\r\n"))
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def command(self, text, code):
        self._writer.write(f"{text}\r\n".encode())
        reply = await self.reply()
        assert reply.startswith(code), f"{text[:80]!r}: {reply!r}, not {code}"
        return reply

    def close(self):
        self._writer.close()


class Gateway:
    """The program beside a server of the test's, and a user who has registered."""

    def __init__(self, server, lmtp_port, user, registrations):
        self.server, self.lmtp_port, self.user = server, lmtp_port, user
        self.registrations = registrations
        self.address = f"{user.account.local}%{HOST}@{GATE}"

    async def lmtp(self, greet=True):
        lmtp = Lmtp(*await asyncio.open_connection("127.0.0.1", self.lmtp_port, limit=1 << 20))
        assert (await lmtp.reply()).startswith("220")
        if greet:
            await lmtp.command("LHLO mx.example", "250")
        return lmtp


@contextlib.asynccontextmanager
async def gateway(world, *options, smtp=None):
    with tempfile.TemporaryDirectory(prefix="vestnik-mail-") as folder:
        async with world.own_server(tables(GATE)) as server:
            program = pathlib.Path(server.server_path).with_name("vestnik-mail")
            if not program.exists():
                raise Skip("vestnik-mail is not built")
            port = free_port()
            process = await asyncio.create_subprocess_exec(
                str(program),
                *("--domain", GATE, "--port", str(server.tables["components"]["port"])),
                *("--registrations", f"{folder}/registrations", "--lmtp-port", str(port)),
                *("--smtp", f"smtp://127.0.0.1:{smtp or free_port()}", "--log-level", "error"),
                *options,
                env=os.environ | {"VESTNIK_MAIL_SECRET": f"secret of {GATE}"},
            )
            try:
                await server.logged("component.connected")
                user = await world.client("juliet", online=0, server=server)
                await user.iq("set", REGISTER, to=GATE)
                await user.expect_all(
                    f"<presence type='subscribe' from='{GATE}'/>", f"<presence from='{GATE}'/>"
                )
                yield Gateway(server, port, user, pathlib.Path(folder) / "registrations")
            finally:
                os.kill(process.pid, signal.SIGTERM)
                code = await process.wait()
            assert code == 0, f"vestnik-mail: exit code {code}"
            world.close()


@test("XEP-0100 §4")
async def mail_servers_that_break_the_rules(world):
    async with gateway(world, "--max-message", "20000") as gate:
        lmtp = await gate.lmtp(greet=False)
        await lmtp.command("MAIL FROM:<nurse@verona.example>", "503")
        await lmtp.command("EHLO mx.example", "500")
        await lmtp.command("LHLO mx.example", "250")
        await lmtp.command("RCPT TO:<x@y>", "503")
        await lmtp.command("DATA", "503")
        await lmtp.command("MAIL FROM: nobody", "501")
        await lmtp.command("MAIL FROM:<nurse@verona.example>", "250")
        await lmtp.command("MAIL FROM:<nurse@verona.example>", "503")
        elsewhere = gate.address.replace(GATE, "other.example")
        for nobody in ("nobody", f"nobody%{HOST}@{GATE}", elsewhere, "", "%@"):
            await lmtp.command(f"RCPT TO:<{nobody}>", "550")
        await lmtp.command('RCPT TO:<"quoted part"@x>', "501")
        await lmtp.command("VRFY nurse", "500")
        await lmtp.command(f"RCPT TO:<{gate.address}>", "250")
        await lmtp.command("DATA", "354")
        await lmtp.command("x" * 1000 + "\r\n" + ("y" * 900 + "\r\n") * 40 + ".", "552")
        await lmtp.command("MAIL FROM:<nurse@verona.example>", "250")
        for _ in range(100):
            await lmtp.command(f"RCPT TO:<{gate.address}>", "250")
        await lmtp.command(f"RCPT TO:<{gate.address}>", "452")
        await lmtp.command("RSET", "250")
        await lmtp.command("NOOP " + "x" * 5000, "500")
        assert await lmtp.reply() == ""


@test("XEP-0100 §4", "RFC 6120 §11.4")
async def what_mail_brings_is_made_harmless(world):
    async with gateway(world) as gate:
        lmtp = await gate.lmtp()

        async def bring(message, code="250"):
            await lmtp.command("MAIL FROM:<nurse@verona.example>", "250")
            await lmtp.command(f"RCPT TO:<{gate.address}>", "250")
            await lmtp.command("DATA", "354")
            await lmtp.command(message + "\r\n.", code)

        sender = f"nurse%verona.example@{GATE}"
        await bring("Subject: <x>&amp;\x01\r\n\r\n</body></message><iq/>\x0b\r\n..dot")
        got = await gate.user.expect(
            f"<message from='{sender}'><subject>&lt;x&gt;&amp;amp;</subject></message>"
        )
        assert got.child("body").text == "</body></message><iq/>\n.dot", got
        await bring("")
        await gate.user.expect(f"<message from='{sender}'><body>[an empty message]</body></message>")
        lmtp.close()
        # What the XMPP server refuses is not taken.
        await gate.user.iq("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{sender}'/></block>")
        lmtp = await gate.lmtp()
        await bring("Subject: blocked\r\n\r\nx", "550")


@test("XEP-0100 §4", "XEP-0077 §3")
async def users_who_ask_for_what_is_not(world):
    async with gateway(world) as gate:
        user, nurse = gate.user, f"nurse%verona.example@{GATE}"
        id = user.message(nurse, "nobody is listening")
        check_error(await user.expect(f"<message id='{id}'/>"), "remote-server-timeout", "wait")
        for contact in (f"nobody@{GATE}", f"%verona.example@{GATE}", f"a\\20b%verona.example@{GATE}", GATE):
            id = user.message(contact, "to no address")
            check_error(await user.expect(f"<message id='{id}'/>"), "item-not-found")
        await user.iq_error("get", "<x xmlns='urn:x'/>", "service-unavailable", to=GATE)
        await user.iq_error("get", "<x xmlns='urn:x'/>", "service-unavailable", to=nurse)
        await user.iq_error(
            "set",
            "<query xmlns='jabber:iq:gateway'><prompt>no address</prompt></query>",
            "item-not-found",
            to=GATE,
        )
        result = await user.iq(
            "set", "<query xmlns='jabber:iq:gateway'><prompt>o'nurse@verona.example</prompt></query>", to=GATE
        )
        assert result.elements[0].child("jid").text == f"o\\27nurse%verona.example@{GATE}", result
        other = await world.client("romeo", server=gate.server)
        remove = "<query xmlns='jabber:iq:register'><remove/></query>"
        await other.iq_error("set", remove, "registration-required", to=GATE)
        id = other.message(nurse, "unregistered")
        check_error(await other.expect(f"<message id='{id}'/>"), "registration-required", "auth")
        stranger = await world.client("eve", host="second.example", server=gate.server)
        await stranger.iq_error("set", REGISTER, "forbidden", to=GATE)


@test("XEP-0100 §4", "XEP-0114 §3")
async def what_became_of_mail_is_told_when_the_connection_is_back(world):
    asked, answer = asyncio.Event(), asyncio.Event()

    async def refuse(_reader, writer):
        asked.set()
        await answer.wait()
        writer.write(b"554 5.3.2 no mail today\r\n")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(refuse, "127.0.0.1", port), gateway(world, smtp=port) as gate:
        id = gate.user.message(f"nurse%verona.example@{GATE}", "hello")
        async with asyncio.timeout(Patience.seconds()):
            await asked.wait()
        await gate.server.ctl("component", "close", GATE)
        await gate.server.logged("component.closed")
        answer.set()
        await gate.user.expect(f"<presence from='{GATE}' type='unavailable'/>")
        check_error(await gate.user.expect(f"<message id='{id}'/>"), "service-unavailable", "cancel")


@test("XEP-0100 §4.3")
async def a_stranger_who_unsubscribes_costs_nothing(world):
    async with gateway(world) as gate:
        stranger = await world.client("eve", server=gate.server)
        contact = f"nurse%verona.example@{GATE}"
        gate.registrations.unlink()
        stranger.presence(contact, "unsubscribe")
        await stranger.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to=contact)
        assert not gate.registrations.exists(), "the file was written for nothing"
        # A user's contacts are kept.
        gate.user.presence(contact, "subscribe")
        await gate.user.expect(f"<presence from='{contact}'/>")
        await gate.user.iq("set", REGISTER, to=GATE)
        assert contact in gate.registrations.read_text()
