"""An external component (XEP-0114) that a test plays."""
import contextlib
import hashlib

from .element import COMPONENT, STANZA_ERRORS, Element
from .server import free_port
from .stream import Stream
from .wire import Wire


class Component(Stream):
    """A component's stream; `domain` is its own."""

    content_ns = COMPONENT

    def send_header(self, to=None, **attributes):
        super().send_header(to, **({"version": None, "xml_lang": None} | attributes))

    def send_handshake(self, secret):
        digest = hashlib.sha1((self.header["id"] + secret).encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")

    async def greet(self, **attributes):
        """Opens the stream; there are no features."""
        self.restart()
        self.send_header(**attributes)
        header = await self.expect_header()
        assert header["from"] == self.domain and header["id"], header

    async def log_in(self, secret):
        await self.greet()
        self.send_handshake(secret)
        await self.expect(Element("handshake", COMPONENT))
        return self

    def message(self, sender, to, body, **attributes):
        """Sends a chat message from `sender` (the part before the @, or "")."""
        extra = "".join(f" {name}='{value}'" for name, value in attributes.items())
        own = f"{sender}@{self.domain}" if sender else self.domain
        self.send(f"<message type='chat' from='{own}' to='{to}'{extra}><body>{body}</body></message>")

    async def refused(self, id, condition, type):
        """Expects a stanza of this one back with an error."""
        got = await self.next()
        error = got.child("error", COMPONENT)
        assert got["id"] == id and got["type"] == "error" and error, got
        assert error["type"] == type and error.child(condition, STANZA_ERRORS), got

    def presence(self, sender, to, kind=None):
        type = f" type='{kind}'" if kind else ""
        self.send(f"<presence from='{sender}@{self.domain}' to='{to}'{type}/>")


def tables(*domains, **settings):
    """Configuration for components of these domains, whose secret is `secret of DOMAIN`."""
    return {
        "component": [{"name": domain, "secret": f"secret of {domain}"} for domain in domains],
        "components": {"port": free_port()} | settings,
    }


async def connect(world, server, domain, port="port", source=None):
    """A connection to the server's listener for components."""
    wire = await Wire.connect(server.tables["components"][port], source)
    stream = Component(wire, domain)
    world.streams.append(stream)
    return stream


async def attach(world, server, domain, **options):
    """A component that has logged in."""
    stream = await connect(world, server, domain, **options)
    return await stream.log_in(f"secret of {domain}")


@contextlib.asynccontextmanager
async def attached(world, *domains, settings=None, **changes):
    """(server, a logged-in component for each domain)."""
    async with world.own_server(tables(*domains, **(settings or {})) | changes) as server:
        yield server, *[await attach(world, server, domain) for domain in domains]
        world.close()  # so that the server's stop waits for nobody
