"""Servers that do wrong, for vestnik-bench to notice: a relay that loses, doubles and swaps messages, and
XMPP servers that stop half-way."""
import asyncio
import contextlib
import re

MESSAGE = re.compile(rb"<message.*?</message>", re.DOTALL)
HEADER = (
    b"<?xml version='1.0'?><stream:stream from='localhost' id='1' version='1.0' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams'>"
)
PLAIN = (
    b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
    b"</mechanisms></stream:features>"
)


@contextlib.asynccontextmanager
async def listening(serve):
    """Serves connections with a coroutine function (reader, writer); gives the port."""

    async def careful(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(careful, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


class Relay:
    """What vestnik-relay is, for one pair, without TLS; `mishandle(messages)` gives what is passed on of the
    messages of the connection so far, each time a whole one has come."""

    def __init__(self, mishandle):
        self.mishandle, self.sides = mishandle, []
        self.paired = asyncio.Event()

    async def __call__(self, reader, writer):
        await reader.readline()
        self.sides.append(writer)
        if len(self.sides) == 2:
            self.paired.set()
        await self.paired.wait()
        other = self.sides[0] if writer is self.sides[1] else self.sides[1]
        writer.write(b"<relay><paired/>")
        buffer, seen = b"", []
        while data := await reader.read(65536):
            buffer += data
            while found := MESSAGE.search(buffer):
                seen.append(found[0])
                buffer = buffer[found.end() :]
                other.write(b"".join(self.mishandle(seen)))


def losing(seen):
    return [] if len(seen) == 5 else [seen[-1]]


def doubling(seen):
    return [seen[-1]] * (2 if len(seen) == 5 else 1)


def swapping(seen):
    if len(seen) == 5:
        return []
    return [seen[-1], seen[-2]] if len(seen) == 6 else [seen[-1]]


async def silent(reader, _writer):
    """Takes everything and says nothing."""
    await reader.read()


async def closing(reader, writer):
    """Goes away after the stream header."""
    await reader.readuntil(b">")
    writer.write(HEADER)
    await writer.drain()


async def babbling(reader, writer):
    """Speaks something else."""
    await reader.readuntil(b">")
    writer.write(b"<html><body>400 Bad Request</body></html>")
    await reader.read()


async def refusing(reader, writer):
    """Lets nobody in."""
    await reader.readuntil(b"'>")
    writer.write(HEADER + PLAIN)
    await reader.readuntil(b"</auth>")
    writer.write(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>")
    writer.write(b"<text>no &amp; no</text></failure>")
    await reader.read()


async def ending(reader, writer):
    """Ends the stream with an error in the middle of the login."""
    await reader.readuntil(b"'>")
    writer.write(HEADER + PLAIN)
    await reader.readuntil(b"</auth>")
    writer.write(
        b"<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
        b"</stream:stream>"
    )
    await reader.read()
