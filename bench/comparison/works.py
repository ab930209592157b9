"""What is measured: the scenarios of vestnik-bench, on whom, and the targets."""
import dataclasses

CORE = ("Vestnik", "ejabberd core", "Prosody core", "jabberd2")
FULL = ("Vestnik", "ejabberd full", "Prosody full")
ALL = ("Vestnik", "ejabberd core", "ejabberd full", "Prosody core", "Prosody full", "jabberd2")
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
    alone: bool = False  # on a server just started, no warm-up, in the first round only
    users: int | None = None  # instead of the usual
    accounts: str = "bench%d"  # bench%d have ten roster items, others none
    note: str = ""

    def fits(self, server):
        """Whether it is to be measured on this server."""
        if server.product == "relay":
            return self.relay
        if server.federated != self.arguments.startswith("s2s"):
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
    "memory": Figure("memory per session", ("bytes_per_session",), 1e-3, "KB"),
}

CHAT = "chat --no-store --window"
WORKS = [
    Work("message, window 1", f"{CHAT} 1", ALL, relay=True, ratio=1.6),
    Work("message, window 4", f"{CHAT} 4", ALL, relay=True, ratio=2),
    Work(
        "message, window 16",
        f"{CHAT} 16",
        ("Vestnik",),
        relay=True,
        ratio=2,
        note="the target is for messages that all cross; names are hashed, so of two workers' half do",
    ),
    Work("message, 1,000/s", "chat --no-store --rate 1000", CORE, figure="p99", relay=True, limit=0.7),
    Work("archived message", "chat --window 4", FULL, needs="archive", limit=80, stretch=2),
    Work("archived message, rate", "chat --window 16", FULL, "rate", "archive", limit=6000, stretch=2),
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
    Work("presence to 10 contacts", "presence --contacts 10", CORE, limit=8, accounts="presence%d"),
    Work("login", "login", STEADY, limit=700),
    Work(
        "last 50 of an archive",
        "archive --messages 100 --readers 4",
        FULL,
        figure="p50",
        needs="archive",
        limit=1,
        users=20,
        accounts="archive%d",
        note="the target is for an archive of 5 million rows; these are small",
    ),
    Work("message to the absent", "offline", STEADY, stretch=3),
    Work("message to another server", "s2s --no-store --window 4", ("Vestnik",), note="CPU of both servers"),
    Work("mixed day, 500/s", "mix --rate 500", CORE[:-1]),
    Work("idle session", "idle", ALL, figure="memory", relay=True, limit=18, alone=True),
]
