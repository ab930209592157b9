"""A name server for the tests: answers from a table, and counts what it was asked."""
import asyncio
import collections
import ipaddress
import struct

A, CNAME, SRV = 1, 5, 33


def wire_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class NameServer(asyncio.DatagramProtocol):
    """`address()`, `service()` and `alias()` add records; what is not in the table does not exist."""

    def __init__(self, ttl=300):
        self._ttl, self._records = ttl, collections.defaultdict(list)
        self.asked = collections.Counter()
        self.port = None

    async def start(self, address="127.0.0.1"):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    def stop(self):
        self._transport.close()

    @property
    def config(self):
        """The `[dns]` of a server that asks nobody else."""
        return {"zones": [], "records": [], "forwarders": [f"127.0.0.1@{self.port}"]}

    def address(self, name, address):
        self._records[name, A].append(ipaddress.ip_address(address).packed)

    def service(self, name, port, target, priority=0):
        self._records[name, SRV].append(struct.pack("!HHH", priority, 0, port) + wire_name(target))

    def alias(self, name, target):
        self._records[name, CNAME].append(wire_name(target))

    def datagram_received(self, data, peer):
        name, kind, question = self._question(data)
        self.asked[name, kind] += 1
        if (name, CNAME) in self._records:
            kind = CNAME
        records = self._records.get((name, kind), [])
        exists = any(known == name or known.endswith(f".{name}") for known, _ in self._records)
        flags = 0x8580 | (0 if exists else 3)  # authoritative, recursion as wished and there; NXDOMAIN
        header = data[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        answers = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self._ttl, len(record)) + record for record in records
        )
        self._transport.sendto(header + question + answers, peer)

    @staticmethod
    def _question(data):
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode().lower())
            at += 1 + data[at]
        (kind,) = struct.unpack("!H", data[at + 1 : at + 3])
        return ".".join(labels), kind, data[12 : at + 5]
