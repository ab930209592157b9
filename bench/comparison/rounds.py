"""The rounds of a comparison: every work on every server, in turn."""
import datetime
import json
import sqlite3
import subprocess
import sys
import time

from pair import LINKS
from server import Failed

PATIENCE = 180  # seconds for one run of vestnik-bench, which ends by itself long before
SOURCES = ["--source", "127.0.0.2-127.0.0.9"]  # ports for more connections than one address has


TROUBLE = (Failed, OSError, subprocess.SubprocessError, sqlite3.Error)  # ends one work, not the comparison
ABSENT = "does not offer it"  # what vestnik-bench says of features that a server does not have


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


class Comparison:
    """The runs and what came of them."""

    def __init__(self, options, servers, works, bench):
        self.options, self.servers, self.works, self.bench = options, servers, works, bench
        self.runs = []  # as vestnik-bench gives them in JSON, with server, work and round
        self.rounds = 0  # that were begun
        self.end = None  # nothing is begun after this
        self.starts = []  # name, version and time to start of each server

    def run(self):
        """Interleaved, so that what the machine does meanwhile is spread over all."""
        deadline = time.monotonic() + self.options.minutes * 60
        self.end = deadline + self.options.minutes * 30
        needed = [server for server in self.servers if any(work.fits(server) for work in self.works)]
        ready = [server for server in needed if self.prepare(server)]
        for number in range(self.options.rounds):
            if number > 0 and time.monotonic() > deadline:
                say(f"the time for rounds is over: {number} of {self.options.rounds} were made")
                break
            self.rounds += 1
            for work in self.works:
                for server in ready:
                    own = server.product in ("relay", "vestnik")
                    due = number < (self.options.rounds if own else self.options.peer_rounds)
                    due = due and not (work.once and number > 0)
                    if due and work.fits(server) and not work.alone:
                        self.attempt(server, work, number)
        self.stop()
        for work in self.works:
            for server in ready:
                if work.alone and work.fits(server):
                    self.attempt(server, work, 0)
                    server.stop()

    def stop(self):
        for server in self.servers:
            server.stop()

    def run_bench(self, server, *command):
        """One run; what vestnik-bench says as JSON, or a reason under `why`."""
        command = [self.bench, *command, "--json", *server.target()]
        try:
            done = subprocess.run(
                [*map(str, command)], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return {"ok": False, "why": f"vestnik-bench did not end within {PATIENCE} s"}
        try:
            result = json.loads(done.stdout)
        except ValueError:
            return {"ok": False, "why": (done.stderr or done.stdout).strip()}
        if not result["ok"]:
            errors = result.get("errors", [])
            reasons = [f"{e['what']} ({e['count']}, first {e['first_user']})" for e in errors]
            reasons += [result["aborted"]] if "aborted" in result else []
            reasons += [f"{n} {result[n]}" for n in ("lost", "duplicated", "reordered") if result[n]]
            result["why"] = "; ".join(reasons)
        return result

    def attempt(self, server, work, round_number):
        """One run, kept whatever comes of it."""
        if not work.arguments:
            how = self.measure_start
        else:
            how = self.measure_alone if work.alone else self.measure
        try:
            if time.monotonic() > self.end:
                raise Failed("the time for all was over before")
            run = how(server, work)
        except TROUBLE as trouble:
            run = {"ok": False, "why": str(trouble)}
        run["absent"] = not run["ok"] and ABSENT in run["why"]
        run.update(server=server.name, work=work.name, round=round_number)
        self.runs.append(run)
        text = "FAILED: " + run["why"] if not run["ok"] else self.brief(work, run["result"])
        say(f"round {round_number + 1}, {work.name}, {server.name}: {text}")

    @staticmethod
    def brief(work, result):
        if not work.arguments:
            return f"{result['start_seconds']:.2f} s"
        if work.alone:
            return f"{result.get('bytes_per_session', 0) / 1e3:.1f} KB"
        if work.figure == "link":
            return f"{result['bytes_per_link'] / 1e3:.1f} KB"
        return f"{result.get('server_cpu_per_operation', 0) * 1e6:.1f} us, {result['rate']:,.0f}/s"

    def measure(self, server, work):
        options = self.options
        self.refresh(server)
        users = server.users(work, work.count(options.users))
        if work.before:
            short = ["--warm-up", "0s", "--duration", "500ms"]
            ready = self.run_bench(server, *work.before.split(), *users, *short)
            if not ready["ok"]:
                return ready
        milliseconds = round(options.seconds * work.stretch * 1000)
        command = [*work.arguments.split(), *users, "--warm-up", "1s", "--duration", f"{milliseconds}ms"]
        run = self.run_bench(server, *command, *(SOURCES if work.sources else []))
        if work.figure == "link" and run["ok"]:
            grown = run["result"]["pss_after"] - run["result"]["pss_before"]
            run["result"]["bytes_per_link"] = grown / LINKS
        return run

    @staticmethod
    def measure_start(server, _work):
        return {"ok": True, "result": {"start_seconds": server.start_seconds}}

    @staticmethod
    def refresh(server):
        if server.wears_out:
            server.stop()
            server.start()

    def measure_alone(self, server, work):
        """On a server that was started just for this, with accounts made before."""
        ours = server.product in ("vestnik", "relay")
        users = 10000 if self.options.long else 3000 if ours else self.options.users
        if users > self.options.users and server.product != "relay":
            server.start()
            prepared = ["--register", "--roster", "10", "--warm-up", "0s", "--duration", "1ms"]
            made = self.run_bench(server, "idle", "--users", users, *prepared, *SOURCES)
            if not made["ok"]:
                return made
            server.stop()
        server.start()
        extra = ["--sm"] if server.manages_streams else []
        settle = "50s" if "--asleep" in work.arguments else "30s" if self.options.long else "10s"
        command = [*work.arguments.split(), "--users", users, "--duration", settle, "--warm-up", "0s"]
        return self.run_bench(server, *command, *SOURCES, *extra)

    def prepare(self, server):
        """Starts a server and makes the accounts; False, with a reason among the failures, if it cannot."""
        try:
            server.start(fresh=True)
            version = server.version()
        except TROUBLE as trouble:
            return self.leave_out(server, "start", str(trouble))
        start = {"name": server.name, "version": version, "start": server.start_seconds}
        self.starts += [] if server.setup else [start]
        if server.product == "relay":
            return True
        mine = [work for work in self.works if work.fits(server)]
        say(f"{server.name} {version}: making accounts")
        accounts = {work.accounts: work.users or self.options.users for work in mine}
        for pattern, count in accounts.items():
            self.refresh(server)
            roster = ["--roster", "10"] if pattern == "bench%d" else []
            command = ["idle", "--register", "--users", count, "--user-pattern", pattern, *roster]
            made = self.run_bench(server, *command, "--warm-up", "0s", "--duration", "1ms")
            if not made["ok"]:
                return self.leave_out(server, "making accounts", made["why"])
        try:
            server.stock(lambda *command: self.run_bench(server, *command))
        except TROUBLE as trouble:
            return self.leave_out(server, "filling the store", str(trouble))
        return True

    def leave_out(self, server, during, why):
        failed = {"server": server.name, "work": during, "round": 0, "ok": False, "why": why, "absent": False}
        self.runs.append(failed)
        say(f"{server.name} is left out: {why}")
        return False
