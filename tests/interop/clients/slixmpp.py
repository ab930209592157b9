"""slixmpp, the Python library, as it comes: nothing about TLS or SASL is set but the authority to trust."""
import asyncio
import hashlib
import logging
from xml.etree import ElementTree

import slixmpp
from client import DEADLINE, HOST, Observer, deadline
from slixmpp.xmlstream.handler import Collector
from slixmpp.xmlstream.matcher import MatchXPath

CHAT_STATES = "http://jabber.org/protocol/chatstates"

logging.getLogger("slixmpp").addHandler(logging.NullHandler())  # what it reports comes as events as well


class Slixmpp(Observer):
    direct = False  # STARTTLS
    xmpp = None

    def another(self):
        """A further device, not started."""
        return type(self)(self.server, self.account, self.folder)

    async def start(self):
        self.forget()
        self.xmpp = self.make_client(self.account)
        self.xmpp.add_event_handler("session_start", self._begin)
        self.connect()
        await self.until("ready")

    def make_client(self, account):
        """The library's client, not connected."""
        xmpp = slixmpp.ClientXMPP(account.bare, account.password)
        xmpp.ca_certs = self.server.authority.path
        xmpp.auto_authorize = None  # ask the user
        for event, kind in (
            ("presence_subscribe", "request"),
            ("got_online", "online"),
            ("got_offline", "offline"),
        ):
            xmpp.add_event_handler(event, lambda p, kind=kind: self.observe(f"{kind} {p['from'].bare}"))
        xmpp.add_event_handler("message", lambda m: self.observe(f"message {m['from'].bare} {m['body']}"))
        return xmpp

    def connect(self):
        port = self.server.direct_port if self.direct else self.server.starttls_port
        self.xmpp.connect((HOST, port), use_ssl=self.direct)

    async def _begin(self, _):
        await self.xmpp.get_roster()
        self.xmpp.send_presence()
        self.observe("ready")

    async def leave(self):
        async with deadline(f"{self}: ends", str):
            await self.xmpp.disconnect()
        await self.end()

    async def is_refused(self):
        """Tries to log in, which must fail for the credentials."""
        self.forget()
        self.xmpp = self.make_client(self.account)
        self.xmpp.add_event_handler("failed_all_auth", lambda _: self.observe("refused"))
        self.connect()
        await self.until("refused")

    async def end(self):
        if self.xmpp is None:
            return
        self.xmpp.abort()
        if self.xmpp._run_out_filters:  # a task that the library leaves behind
            self.xmpp._run_out_filters.cancel()
        self.xmpp = None

    async def request(self, jid):
        self.xmpp.send_presence_subscription(pto=jid)

    async def allow(self, jid):
        await self.until(f"request {jid}")
        self.xmpp.send_presence_subscription(pto=jid, ptype="subscribed")

    async def say(self, jid, text, id=None):
        message = self.xmpp.make_message(mto=jid, mbody=text, mtype="chat")
        message["id"] = id or self.xmpp.new_id()
        message.send()

    async def types(self, jid, state):
        """Lets the other see what it is doing (XEP-0085)."""
        message = self.xmpp.make_message(mto=jid, mtype="chat")
        message.append(ElementTree.Element(f"{{{CHAT_STATES}}}{state}"))
        message.send()


class Pocketed(Slixmpp):
    """On a phone: says when nobody looks at it (XEP-0352)."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        for plugin in ("xep_0085", "xep_0352"):
            xmpp.register_plugin(plugin)
        for state in ("composing", "paused"):
            xmpp.add_event_handler(
                f"chatstate_{state}", lambda m, state=state: self.observe(f"state {m['from'].bare} {state}")
            )
        return xmpp

    async def look_away(self):
        assert self.xmpp["xep_0352"].enabled, "the server does not offer it"
        self.xmpp["xep_0352"].send_inactive()
        await self.fence()

    async def look(self):
        self.xmpp["xep_0352"].send_active()
        await self.fence()

    async def fence(self):
        """Waits until the server has read what was sent so far."""
        await self.xmpp.make_iq_get(queryxmlns="jabber:iq:version", ito=self.account.domain).send()


class SlixmppDirect(Slixmpp):
    """The same over direct TLS (XEP-0368)."""

    direct = True


class Resuming(Slixmpp):
    """On a train: loses its connection and comes back to its session (XEP-0198)."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        xmpp.register_plugin("xep_0198")
        xmpp.add_event_handler("sm_enabled", lambda _: self.observe("managed"))
        xmpp.add_event_handler("session_resumed", lambda _: self.observe("resumed"))
        xmpp.add_event_handler("sm_failed", lambda _: self.observe("not resumed"))
        return xmpp

    async def lose_network(self):
        await self.until("managed")
        gone = asyncio.ensure_future(self.xmpp.wait_until("disconnected", DEADLINE))
        self.xmpp.abort()
        await gone

    async def find_network(self):
        self.facts.discard("resumed")
        self.connect()
        await self.until("resumed")
        assert "not resumed" not in self.facts


class Synchronized(Slixmpp):
    """One of several devices of its user: sees what the others do (XEP-0280) and what was before
    (XEP-0313)."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        for plugin in ("xep_0030", "xep_0280", "xep_0313", "xep_0441"):
            xmpp.register_plugin(plugin)
        for kind in ("sent", "received"):
            xmpp.add_event_handler(f"carbon_{kind}", lambda m, kind=kind: self._copied(kind, m))
        return xmpp

    def _copied(self, kind, message):
        copy = message[f"carbon_{kind}"]
        self.observe(f"{kind} {copy['from'].bare} {copy['to'].bare} {copy['body']}")

    @property
    def full(self):
        return self.xmpp.boundjid.full

    async def retract(self, jid, id, text):
        """Takes a message back (XEP-0424; the library has an older version), with a text for those who do not
        understand."""
        message = self.xmpp.make_message(mto=jid, mbody=text, mtype="chat")
        message.append(ElementTree.Element("{urn:xmpp:message-retract:1}retract", id=id))
        message.send()

    async def prefer(self, default):
        """Which messages are to be archived (XEP-0441)."""
        await self.xmpp["xep_0441"].set_preferences(default=default)
        assert (got := (await self.xmpp["xep_0441"].get_preferences())[0]) == default, got

    async def _begin(self, event):
        info = await self.xmpp["xep_0030"].get_info(jid=self.jid)
        assert {"urn:xmpp:mam:2", "urn:xmpp:mam:2#extended"} <= info["disco_info"]["features"], f"{info}"
        await self.xmpp["xep_0280"].enable()
        await super()._begin(event)

    async def history(self, jid, reverse=False):
        """The texts of all messages from and to a contact, read in small pages."""
        found = self.xmpp["xep_0313"].iterate(with_jid=slixmpp.JID(jid), rsm={"max": 4}, reverse=reverse)
        return [message["mam_result"]["forwarded"]["stanza"]["body"] async for message in found]


class Searching(Synchronized):
    """Looks for words in its archive (XEP-0431), with the form that the server offers."""

    async def search(self, **wanted):
        """The texts of what the archive finds. `wanted`: fields of the form; `words` is that for the text."""
        form = await self.xmpp["xep_0313"].get_fields()
        names = {name.partition("}")[2] or name: name for name in form.get_fields()}
        values = {names["fulltext" if name == "words" else name]: text for name, text in wanted.items()}
        form.reply()
        form.set_values({"FORM_TYPE": "urn:xmpp:mam:2"} | values)
        query = self.xmpp.make_iq_set()
        query["mam"].append(form)
        results = Collector("search", MatchXPath("{jabber:client}message/{urn:xmpp:mam:2}result"))
        self.xmpp.register_handler(results)
        try:
            await query.send()
        finally:
            found = results.stop()
        return [message["mam_result"]["forwarded"]["stanza"]["body"] for message in found]


class Sociable(Slixmpp):
    """Meets others in rooms (XEP-0045)."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        xmpp.register_plugin("xep_0045")
        return xmpp

    async def enter(self, room, nick):
        """Comes in; who else is there, and what was said and is the subject."""
        for event, kind in (("got_online", "in"), ("got_offline", "out")):
            self.xmpp.add_event_handler(
                f"muc::{room}::{event}", lambda p, kind=kind: self.observe(f"{kind} {p['from'].resource}")
            )
        _, subject, others, history = await self.xmpp["xep_0045"].join_muc_wait(
            slixmpp.JID(room), nick, timeout=DEADLINE
        )
        nicks = {presence["from"].resource for presence in others} - {nick}
        return nicks, [message["body"] for message in history], subject["subject"]

    async def configure(self, room, **fields):
        """Fills in the room's form."""
        form = await self.xmpp["xep_0045"].get_room_config(slixmpp.JID(room))
        form.reply()
        form.set_values({f"muc#roomconfig_{name}": value for name, value in fields.items()})
        await self.xmpp["xep_0045"].set_room_config(slixmpp.JID(room), form)

    async def tell(self, room, text):
        self.xmpp.send_message(mto=room, mbody=text, mtype="groupchat")

    async def name_subject(self, room, text):
        self.xmpp["xep_0045"].set_subject(slixmpp.JID(room), text)

    async def put_out(self, room, nick):
        await self.xmpp["xep_0045"].set_role(slixmpp.JID(room), nick, "none", reason="enough")


class Eventful(Slixmpp):
    """Shows what it looks like and how it wants to be called (XEP-0163, XEP-0084, XEP-0172)."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        for plugin in ("xep_0030", "xep_0060", "xep_0115", "xep_0163", "xep_0084", "xep_0172"):
            xmpp.register_plugin(plugin)
        xmpp.add_event_handler("avatar_metadata_publish", self._avatar)
        xmpp.add_event_handler(
            "user_nick_publish",
            lambda m: self.observe(
                f"nick {m['from'].bare} {m['pubsub_event']['items']['item']['nick']['nick']}"
            ),
        )
        return xmpp

    async def _begin(self, event):
        info = await self.xmpp["xep_0030"].get_info(jid=self.jid)
        identities = {(category, kind) for category, kind, *_ in info["disco_info"]["identities"]}
        assert ("pubsub", "pep") in identities, f"{info}"
        await self.xmpp["xep_0115"].update_caps(broadcast=False)
        await super()._begin(event)

    async def _avatar(self, message):
        """Fetches the picture that the metadata tell of."""
        (info,) = message["pubsub_event"]["items"]["item"]["avatar_metadata"]["items"]
        answer = await self.xmpp["xep_0084"].retrieve_avatar(message["from"].bare, info["id"])
        picture = answer["pubsub"]["items"]["item"]["avatar_data"]["value"]
        assert len(picture) == info["bytes"], f"{answer}"
        self.observe(f"avatar {message['from'].bare} {hashlib.sha1(picture).hexdigest()}")

    async def show(self, picture):
        """Publishes an avatar; what others see of it in the end."""
        avatars = self.xmpp["xep_0084"]
        await avatars.publish_avatar(picture)
        id = avatars.generate_id(picture)
        await avatars.publish_avatar_metadata({"id": id, "type": "image/png", "bytes": len(picture)})
        return f"avatar {self.jid} {id}"

    async def be_called(self, nick):
        await self.xmpp["xep_0172"].publish_nick(nick)

    async def nodes_of(self, jid):
        answer = await self.xmpp["xep_0060"].get_nodes(jid=jid)
        return {node for _, node, _ in answer["disco_items"]["items"]}

    async def notes(self):
        """Keeps things for itself (XEP-0223) with what the library has for nodes; they are as they were."""
        service, node = self.xmpp["xep_0060"], "urn:example:notes"
        form = self.xmpp["xep_0004"].make_form("submit")
        form.add_field("FORM_TYPE", "hidden", value="http://jabber.org/protocol/pubsub#node_config")
        for name, value in (("access_model", "whitelist"), ("max_items", "max"), ("title", "Notes")):
            form.add_field(f"pubsub#{name}", value=value)
        await service.create_node(self.jid, node, config=form)
        for number in range(3):
            payload = ElementTree.Element("{urn:example:note}note")
            payload.text = f"note {number}"
            await service.publish(self.jid, node, id=str(number), payload=payload)
        config = await service.get_node_config(self.jid, node)
        assert (
            config["pubsub_owner"]["configure"]["form"].get_values()["pubsub#title"] == "Notes"
        ), f"{config}"
        await service.retract(self.jid, node, "1", notify=True)
        found = await service.get_items(self.jid, node)
        texts = [item["payload"].text for item in found["pubsub"]["items"]]
        assert texts == ["note 0", "note 2"], f"{found}"
        await service.purge(self.jid, node)
        await service.delete_node(self.jid, node)


class Registering(Slixmpp):
    """Makes its account by in-band registration (XEP-0077) before it logs in."""

    def make_client(self, account):
        xmpp = super().make_client(account)
        xmpp.register_plugin("xep_0077", {"force_registration": True})
        xmpp._always_send_everything = True  # slixmpp 1.8 withholds its own plug-in's iq
        xmpp.add_event_handler("register", self._fill_in)
        return xmpp

    async def _fill_in(self, form):
        assert {"username", "password"} <= form["register"]["fields"], f"{form}"
        answer = self.xmpp.Iq()
        answer["type"] = "set"
        answer["register"]["username"] = self.account.local
        answer["register"]["password"] = self.account.password
        await answer.send()
        self.observe("registered")

    async def cancel(self):
        """Deletes the account."""
        request = self.xmpp.Iq()
        request["type"] = "set"
        request["register"]["remove"] = True
        closed = asyncio.ensure_future(self.xmpp.wait_until("disconnected", DEADLINE))
        request.send(callback=lambda _: None)
        await closed
        await self.end()
