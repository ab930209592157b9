"""What the protocol tests are written with: a raw XMPP client, a server to try it on, and a runner."""
from . import pki
from .client import Account, Client, check_error
from .element import (
    BIND,
    CLIENT,
    DIALBACK,
    SASL,
    SERVER,
    STANZA_ERRORS,
    STREAM_ERRORS,
    STREAMS,
    TLS,
    Element,
    StreamClose,
)
from .peer import Peer, federated, federation
from .scram import Scram
from .stream import EndOfStream, Stream
from .suite import Skip, test
from .wire import Wire

__all__ = [
    "Account",
    "BIND",
    "CLIENT",
    "Client",
    "DIALBACK",
    "Element",
    "EndOfStream",
    "Peer",
    "SASL",
    "SERVER",
    "STANZA_ERRORS",
    "STREAMS",
    "STREAM_ERRORS",
    "Scram",
    "Skip",
    "Stream",
    "StreamClose",
    "TLS",
    "Wire",
    "check_error",
    "federated",
    "federation",
    "pki",
    "test",
]
