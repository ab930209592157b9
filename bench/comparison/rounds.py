"""The rounds of a comparison: every work on every server, in turn."""
import datetime
import json
import subprocess
import sys

from server import Failed

PATIENCE = 300  # seconds for one run of vestnik-bench, which ends by itself long before
SOURCES = ["--source", "127.0.0.2-127.0.0.9"]  # ports for more connections than one address has


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


class Comparison:
    """The runs and what came of them."""

    def __init__(self, options, servers, works, bench):
        self.options, self.servers, self.works, self.bench = options, servers, works, bench
        self.runs = []  # as vestnik-bench gives them in JSON, with server, work and round
        self.starts = []  # name, version and time to start of each server

    def run(self):
        """Interleaved, so that what the machine does meanwhile is spread over all."""
        ready = [server for server in self.servers if self.prepare(server)]
        for number in range(self.options.rounds):
            for work in self.works:
                for server in ready:
                    own = server.product in ("relay", "vestnik")
                    due = number < (self.options.rounds if own else self.options.peer_rounds)
                    if due and work.fits(server) and not work.alone:
                        self.measure(server, work, number)
        self.stop()
        for work in self.works:
            for server in ready:
                if work.alone and work.fits(server):
                    self.measure_alone(server, work)
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
            reasons = [f"{e['what']} ({e['count']}, first {e['first_user']})" for e in result.get("errors", [])]
            reasons += [result["aborted"]] if "aborted" in result else []
            reasons += [f"{n} {result[n]}" for n in ("lost", "duplicated", "reordered") if result[n]]
            result["why"] = "; ".join(reasons)
        return result

    def measure(self, server, work, round_number):
        options = self.options
        self.refresh(server)
        command = [*work.arguments.split(), "--users", work.users or options.users, "--warm-up", "1s"]
        command += ["--duration", f"{options.seconds * 1000:.0f}ms", "--user-pattern", work.accounts]
        self.keep(server, work, round_number, self.run_bench(server, *command))

    @staticmethod
    def refresh(server):
        if server.wears_out:
            server.stop()
            server.start()

    def measure_alone(self, server, work):
        """On a server that was started just for this, with accounts made by an earlier start."""
        ours = server.product in ("vestnik", "relay")
        users = 10000 if self.options.long else 5000 if ours else 1000
        server.stop()
        server.start(fresh=True)
        if server.product != "relay":
            prepared = ["--register", "--roster", "10", "--warm-up", "0s", "--duration", "1ms"]
            made = self.run_bench(server, "idle", "--users", users, *prepared, *SOURCES)
            if not made["ok"]:
                return self.keep(server, work, 0, made)
            server.stop()
            server.start()
        extra = ["--sm"] if server.manages_streams else []
        settle = "30s" if self.options.long else "10s"
        command = [*work.arguments.split(), "--users", users, "--duration", settle, "--warm-up", "0s"]
        return self.keep(server, work, 0, self.run_bench(server, *command, *SOURCES, *extra))

    def keep(self, server, work, round_number, run):
        run.update(server=server.name, work=work.name, round=round_number)
        self.runs.append(run)
        if run["ok"]:
            result = run["result"]
            cpu = result.get("server_cpu_per_operation", 0) * 1e6
            memory = result.get("bytes_per_session", 0) / 1e3
            text = f"{memory:.1f} KB" if work.alone else f"{cpu:.1f} us, {result['rate']:,.0f}/s"
        else:
            text = "FAILED: " + run["why"]
        say(f"round {round_number + 1}, {work.name}, {server.name}: {text}")

    def prepare(self, server):
        """Starts a server and makes the accounts; False, with a reason among the failures, if it cannot."""
        try:
            server.start(fresh=True)
        except Failed as failed:
            self.runs.append(
                {"server": server.name, "work": "start", "round": 0, "ok": False, "why": str(failed)}
            )
            say(str(failed))
            return False
        self.starts.append({"name": server.name, "version": server.version(), "start": server.start_seconds})
        if server.product == "relay":
            return True
        say(f"{server.name} {server.version()}: making accounts")
        accounts = {work.accounts: work.users or self.options.users for work in self.works if not work.alone}
        for pattern, count in accounts.items():
            self.refresh(server)
            roster = ["--roster", "10"] if pattern == "bench%d" else []
            command = ["idle", "--register", "--users", count, "--user-pattern", pattern, *roster]
            made = self.run_bench(server, *command, "--warm-up", "0s", "--duration", "1ms")
            if not made["ok"]:
                self.runs.append({"server": server.name, "work": "making accounts", "round": 0} | made)
                say(f"{server.name}: {made['why']}")
                return False
        return True
