"""Asking archives (XEP-0313)."""
import dataclasses
from xml.sax.saxutils import escape

from .client import fresh_id

MAM = "urn:xmpp:mam:2"
FORWARD = "urn:xmpp:forward:0"
RSM = "http://jabber.org/protocol/rsm"
STANZA_ID = "urn:xmpp:sid:0"


def form(fields, type="submit", form_type=MAM):
    """Fields of a query; `_` stands for `-`, lists are values of one field."""
    out = [f"<field var='FORM_TYPE' type='hidden'><value>{form_type}</value></field>"]
    for name, value in fields.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        inner = "".join(f"<value>{escape(str(one))}</value>" for one in values)
        out.append(f"<field var='{name.replace('_', '-')}'>{inner}</field>")
    return f"<x xmlns='jabber:x:data' type='{type}'>{''.join(out)}</x>"


def query(rsm=None, flip=False, query_id=None, **fields):
    """A `<query/>`; `rsm`: the content of its `<set/>`."""
    named = f" queryid='{query_id}'" if query_id else ""
    content = form(fields) if fields else ""
    content += f"<set xmlns='{RSM}'>{rsm}</set>" if rsm is not None else ""
    return f"<query xmlns='{MAM}'{named}>{content}{'<flip-page/>' if flip else ''}</query>"


@dataclasses.dataclass
class Page:
    """What one query brought: the results in the order they came, and `<fin/>`."""

    results: list
    fin: object

    @property
    def ids(self):
        return [result["id"] for result in self.results]

    @property
    def messages(self):
        return [result.child("forwarded", FORWARD).child("message") for result in self.results]

    @property
    def bodies(self):
        return [message.child("body").text for message in self.messages]

    @property
    def complete(self):
        return self.fin["complete"] == "true"

    @property
    def set(self):
        return self.fin.child("set", RSM)


async def ask(client, to=None, **what):
    """Sends a query that must succeed, and takes everything up to its answer."""
    query_id = what.setdefault("query_id", fresh_id("page"))
    id = client.send_iq("set", query(**what), to)
    results = []
    while (got := await client.next())["id"] != id:
        result = got.child("result", MAM)
        assert result and got["from"] == client.bare and got["to"] == client.full, f"no result: {got}"
        assert result["queryid"] == query_id, f"another query's: {got}"
        results.append(result)
    assert got["type"] == "result", f"refused: {got}"
    page = Page(results, got.child("fin", MAM))
    first, last = page.set.child("first"), page.set.child("last")
    in_order = list(reversed(page.ids)) if what.get("flip") else page.ids
    ends = [end.text for end in (first, last) if end]
    assert ends == in_order[:1] + in_order[-1:], f"{page.set} for {in_order}"
    return page


def stanza_ids(message, by=None):
    """The ids that a message has (XEP-0359), of one archive or of all."""
    return [e["id"] for e in message.all("stanza-id", STANZA_ID) if by in (None, e["by"])]


async def archived_ids(client):
    """The ids of all messages in the archive of a client that is not available, in order."""
    ids, after = [], ""
    while True:
        page = await ask(client, rsm=f"<max>250</max>{after}")
        ids += [message["id"] for message in page.messages]
        if page.complete:
            return ids
        after = f"<after>{page.ids[-1]}</after>"
