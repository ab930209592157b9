"""What is measured: the scenarios of vestnik-bench, on whom, and the targets."""
import dataclasses

from pair import LINKS

CORE = ("Vestnik", "ejabberd core", "Prosody core", "jabberd2")
FULL = ("Vestnik", "ejabberd full", "Prosody full")
ALL = ("Vestnik", "ejabberd core", "ejabberd full", "Prosody core", "Prosody full", "jabberd2")
ROOMS = ("Vestnik", "ejabberd core", "Prosody core")
STEADY = ALL[:-1]  # jabberd2 fails logins that follow on a user's leaving (see there)


@dataclasses.dataclass(frozen=True)
class Work:
    """One scenario with its options; a row of the tables."""

    name: str
    arguments: str  # of vestnik-bench
    servers: tuple  # by name, besides the relay
    figure: str = "cpu"  # which of FIGURES the target is about
    needs: str = ""  # what a server must offer
    relay: bool = False  # measured on the relay too
    floor: str = ""  # the row whose relay figure this one is compared with; its own if empty
    ratio: float | None = None  # target: at most so many times the relay
    limit: float | None = None  # target: at most so much (least for a rate), in the figure's unit
    stretch: float = 1  # times the usual length
    alone: bool = False  # on a server just started, no warm-up, once, after the rounds
    once: bool = False  # in the first round only: getting ready for it takes long
    users: int | None = None  # instead of the usual
    times: float = 1  # the usual users
    sources: bool = False  # from several addresses
    before: str = ""  # vestnik-bench's arguments for a run beforehand
    setup: str = ""  # measured on the server with this, see there
    crossing: bool = False  # pairs whose sides are on different shards, see Vestnik.users()
    accounts: str = "bench%d"  # bench%d have ten roster items, others none
    note: str = ""

    def count(self, usual):
        """How many users take part."""
        return self.users or round(usual * self.times)

    @property
    def command(self):
        """In words."""
        if not self.arguments:
            return "from exec to the answer to a stream header"
        return f"`vestnik-bench {self.arguments}`"

    def fits(self, server):
        """Whether it is to be measured on this server."""
        if server.product == "relay":
            return self.relay and self.crossing == (server.setup == "crossing")
        if server.setup != self.setup:
            return False
        return server.name in self.servers and (not self.needs or self.needs in server.offers)


@dataclasses.dataclass(frozen=True)
class Figure:
    """How a figure is found in vestnik-bench's JSON, and shown."""

    title: str
    path: tuple
    scale: float
    unit: str
    least: bool = False  # the target is a least, not a most


FIGURES = {
    "cpu": Figure("server CPU per operation", ("server_cpu_per_operation",), 1e6, "us"),
    "rate": Figure("operations per second", ("rate",), 1, "/s", least=True),
    "p50": Figure("median latency", ("latency", "p50"), 1e3, "ms"),
    "p99": Figure("p99 latency", ("latency", "p99"), 1e3, "ms"),
    "start": Figure("time to start", ("start_seconds",), 1, "s"),
    "filling": Figure("time to fill the rooms", ("prepare_seconds",), 1, "s"),
    "link": Figure("memory per link", ("bytes_per_link",), 1e-3, "KB"),
    "memory": Figure("memory per session", ("bytes_per_session",), 1e-3, "KB"),
}

CHAT = "chat --no-store --window"
WORKS = [
    Work("message, window 1", f"{CHAT} 1", ALL, relay=True, ratio=1.6),
    Work("message, window 4", f"{CHAT} 4", ALL, relay=True, ratio=2),
    Work(
        "message, window 16, all crossing",
        f"{CHAT} 16",
        ("Vestnik",),
        relay=True,
        ratio=2,
        times=0.8,
        crossing=True,
        note="between pairs whose sides are on different shards; so are the relay's",
    ),
    Work("message, 1,000/s", "chat --no-store --rate 1000", CORE, figure="p99", relay=True, limit=0.7),
    Work(
        "archived message",
        "chat --window 4",
        FULL,
        needs="archive",
        limit=80,
        stretch=2,
        note="on SQLite; an even better layout was thought to reach 40 us",
    ),
    Work("archived message, rate", "chat --window 16", FULL, "rate", "archive", limit=6000, stretch=2),
    Work(
        "archived message, PostgreSQL",
        "chat --window 4",
        ("Vestnik",),
        setup="postgresql",
        limit=80,
        stretch=2,
        note="CPU of the server and of PostgreSQL's processes, whose settings are Debian's",
    ),
    Work(
        "archived message, PostgreSQL, rate",
        "chat --window 16",
        ("Vestnik",),
        "rate",
        setup="postgresql",
        limit=12000,
        stretch=2,
    ),
    Work(
        "message over WebSocket, window 4",
        f"{CHAT} 4",
        ("Vestnik",),
        setup="websocket",
        note="the row of TCP is *message, window 4*",
    ),
    Work("ping, window 1", "ping --window 1", ALL, floor="message, window 1", ratio=1.3),
    Work(
        "room delivery, window 1",
        "muc --no-store --rooms 20 --window 1",
        ALL,
        needs="rooms",
        floor="message, window 1",
        ratio=1.3,
    ),
    Work("room delivery, window 4", "muc --no-store --rooms 20 --window 4", ALL, needs="rooms", limit=2.5),
    Work(
        "room delivery, 100 rooms of 100",
        "muc --no-store --rooms 100 --joined 10 --prepare-limit 60s",
        ROOMS,
        needs="rooms",
        once=True,
        note="each user is in ten rooms",
    ),
    Work(
        "room delivery, a room of 1,000",
        "muc --no-store --rooms 1 --prepare-limit 50s",
        ROOMS,
        needs="rooms",
        once=True,
    ),
    Work(
        "room delivery, a room of 10,000",
        "muc --no-store --rooms 1 --resources 10 --prepare-limit 30s",
        ROOMS,
        needs="rooms",
        once=True,
        times=10,
        sources=True,
        note="ten sessions of each user, each with a nickname of its own, join 32 at a time; above 500 "
        "occupants Vestnik tells all only of moderators' coming and going; who needs over 30 s has failed",
    ),
    Work("presence to 10 contacts", "presence --contacts 10", CORE, limit=8, accounts="presence%d"),
    Work("login", "login", STEADY, limit=700),
    Work(
        "login, 5 PEP items per contact",
        "login --pep 5",
        ("Vestnik", "Prosody full"),
        limit=1500,
        users=200,
        accounts="pep%d",
        before="presence --contacts 10",
        note="complete when the last items of all contacts, present or not, have come; ejabberd omits some",
    ),
    Work(
        "last 50 of an archive",
        "archive --messages 100 --readers 4",
        FULL,
        figure="p50",
        needs="archive",
        users=20,
        accounts="archive%d",
        note="archives of a hundred messages",
    ),
    Work(
        "last 50 of 5 million",
        "archive --messages 0 --readers 1",
        ("Vestnik",),
        figure="p50",
        setup="stocked",
        limit=1,
        users=2,
        accounts="archive%d",
        note="a reader at a time, from socket to socket; the archive is written into the database beforehand",
    ),
    Work(
        "last 50 with somebody, of 5 million",
        "archive --messages 0 --readers 1 --with-partner",
        ("Vestnik",),
        figure="p50",
        setup="stocked",
        limit=1,
        users=2,
        accounts="archive%d",
        note="every twentieth message is with him",
    ),
    Work(
        "start with much stored",
        "",
        ("Vestnik",),
        figure="start",
        setup="stocked",
        limit=1,
        users=2,
        accounts="archive%d",
        note="with 100,000 accounts, 10,000 rooms and 5 million messages; median of five, the file cached",
    ),
    Work("message to the absent", "offline", STEADY, stretch=3),
    Work(
        "message to another server",
        "s2s --no-store --window 4",
        ROOMS,
        setup="pair",
        note="over one link each way, TLS and dialback; CPU of both servers",
    ),
    Work(
        "idle link between servers",
        f"idle --links {LINKS}",
        ROOMS,
        figure="link",
        setup="pair",
        once=True,
        users=2,
        accounts="links%d",
        note=f"memory of both servers, for each of {LINKS} domains of one that the other has pinged",
    ),
    Work("mixed day, 500/s", "mix --rate 500", CORE[:-1]),
    Work("idle session", "idle", ALL, figure="memory", relay=True, limit=18, alone=True),
    Work(
        "idle session over WebSocket",
        "idle",
        ("Vestnik",),
        figure="memory",
        setup="websocket",
        alone=True,
    ),
    Work(
        "sleeping session",
        "idle --asleep",
        ROOMS,
        figure="memory",
        limit=3,
        alone=True,
        note="connections cut after half a minute, waiting to be resumed; one is, in the end",
    ),
]
