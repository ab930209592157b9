#!/usr/bin/python3
"""The rounds of ./tests/run, which installs what they need and then calls this. Every test program prints
lines `ok NAME`, `not ok NAME: why` and `skip NAME: why`, or is a doctest binary; here they are run, read and
counted."""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
CORES = os.cpu_count() or 1
PATIENCE = 900  # seconds for any one test program: what takes longer hangs
ROUNDS = []  # (name, modes, function), in the order they run


@dataclasses.dataclass
class Count:
    """What came of the tests of a round."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def round_of(*modes):
    """Registers a round, a function(mode) that returns a Count, for these modes."""

    def register(function):
        ROUNDS.append((function.__name__, modes, function))
        return function

    return register


def failure(name, why):
    print(f"not ok {name}: {why}", flush=True)
    return Count(failed=1)


# Building and running


def folder(preset):
    return TOP / ("build" if preset == "release" else f".build/{preset}")


def build(preset, *targets):
    """Builds targets of a preset, everything if none are named; a failed build counts as a failed test."""
    started = time.monotonic()
    made = subprocess.run(
        [TOP / "deploy/build", preset, *targets],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode:
        print("".join(f"  # {line}\n" for line in made.stdout.splitlines()[-60:]), end="")
        return failure(f"build.{preset}", f"exit code {made.returncode}")
    print(f"ok build.{preset} ({time.monotonic() - started:.0f} s)", flush=True)
    return Count(passed=1)


@contextlib.contextmanager
def watched(process, seconds):
    """Ends a process that leads a session of its own, and all it started there, when the time is over; what
    it gives is set if that was so."""
    over = threading.Event()

    def end():
        over.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


def run_lines(name, *command):
    """Runs a program that prints result lines. Passes on what is not `ok`, with the comments below it."""
    count = Count()
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [*map(str, command)], stdout=pipe, text=True, cwd=TOP, start_new_session=True
    )
    with watched(process, PATIENCE) as over:
        for line in process.stdout:
            if line.startswith("ok "):
                count.passed += 1
                continue
            count.failed += line.startswith("not ok ")
            count.skipped += line.startswith("skip ")
            print(line, end="", flush=True)
        process.wait()
    if over.is_set():
        count += failure(name, f"ended by force: it ran for more than {PATIENCE} s")
    elif process.returncode and not count.failed:
        count += failure(name, f"exit code {process.returncode}")
    if not count.passed and not count.failed and not count.skipped:
        count += failure(name, "no test ran")
    return count


def run_doctest(program):
    """Runs a doctest binary; (its name, Count of its test cases, what it said if one failed)."""
    try:
        said = subprocess.run(
            [program, "--no-colors=true"],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=TOP,
            env=os.environ | {"TSAN_OPTIONS": f"suppressions={TOP}/tests/protocol/tsan.supp"},
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return program.name, Count(failed=1), f"ended by force: it ran for more than {PATIENCE} s"
    found = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed \| +(\d+) skipped", said.stdout)
    count = Count(*map(int, found.groups())) if found else Count()
    if not found or (said.returncode and not count.failed):  # died, or a sanitizer found something
        count.failed += 1
    return program.name, count, said.stdout + said.stderr if count.failed else ""


def unit_programs(preset):
    """The unit tests that a build has."""
    found = folder(preset).glob("tests/unit_*")
    return sorted(p for p in found if p.is_file() and os.access(p, os.X_OK))


def run_units(preset, *names):
    """Runs the unit tests of a build, all unless named."""
    programs = [p for p in unit_programs(preset) if not names or p.name in names]
    count = Count()
    if not programs:
        return failure(f"unit.{preset}", "there are no unit tests in the build folder")
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for name, one, said in pool.map(run_doctest, programs):
            count += one
            print(f"{'not ok' if one.failed else 'ok'} {name} under {preset}: {one}")
            print("".join(f"  # {line}\n" for line in said.splitlines()[-80:]), end="", flush=True)
    return count


def run_protocol(preset, workers, *options):
    """Runs the protocol tests against the server of a build."""
    patience = {"release": 1, "asan": 3, "tsan": 5}[preset]
    return run_lines(
        f"protocol.{preset}",
        TOP / "tests/protocol/run",
        "--bin",
        folder(preset),
        "--workers",
        workers,
        "--patience",
        patience,
        *options,
    )


# The rounds


@round_of("quick", "default", "long")
def release(_mode):
    return build("release")


@round_of("quick", "default", "long")
def unit(_mode):
    return run_units("release")


@round_of("quick", "default", "long")
def protocol(mode):
    count = Count()
    for workers in (1, 2, 4) if mode == "long" else (2,):
        count += run_protocol("release", workers, *["--long"] * (mode == "long"))
    return count


@round_of("quick", "default", "long")
def bench(_mode):
    """The load generator, and the instructions of what is on a message's way."""
    return run_lines("bench", TOP / "tests/bench/run")


@round_of("default", "long")
def interop(mode):
    return run_lines("interop", TOP / "tests/interop/run", *["--long"] * (mode == "long"))


@round_of("quick", "default", "long")
def tidy(mode):
    return run_lines("tidy", TOP / "tests/tidy/run", *[] if mode == "default" else [f"--{mode}"])


@round_of("default", "long")
def canary(_mode):
    return run_lines("canary", TOP / "tests/canary/run")


@round_of("default", "long")
def asan(mode):
    """Address, leak and undefined-behaviour sanitizers; not for the bench tools, which peers cannot reach."""
    units = [p.name for p in unit_programs("release") if p.name != "unit_bench"]
    count = build("asan", *(["vestnik", "vestnikctl", "vestnik-mail", *units] if units else []))
    if not count.failed:
        count += run_units("asan", *units)
        for workers in (1, 2, 4) if mode == "long" else (2,):
            count += run_protocol("asan", workers)
    return count


@round_of("default", "long")
def tsan(mode):
    """The cross-thread part under ThreadSanitizer: unit tests, and protocol tests of more than one thread."""
    storage = ("unit_storage_sqlite", "unit_storage_postgresql")
    units = ("unit_runtime", "unit_io", "unit_log", *storage, "unit_shard")
    count = build("tsan", "vestnik", "vestnikctl", "vestnik-mail", *units)
    if not count.failed:
        count += run_units("tsan", *units)
        for workers in (2, 4) if mode == "long" else (2,):
            count += run_protocol("tsan", workers, "--threads")
    return count


@round_of("default", "long")
def fuzz(mode):
    """Every fuzz target for a while, from its corpus; a crash is kept in .build/fuzz and named."""
    names = sorted(p.stem for p in (TOP / "tests/fuzz").glob("*.cc"))
    count = build("fuzz", *(f"fuzz_{name}" for name in names))
    seconds = 120 if mode == "long" else 5

    def one(name):
        program = next(folder("fuzz").rglob(f"fuzz_{name}"))
        seeds, words = TOP / f"tests/fuzz/corpus/{name}", TOP / f"tests/fuzz/{name}.dict"
        with tempfile.TemporaryDirectory() as grown:
            command = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048"]
            command += [f"-artifact_prefix={folder('fuzz')}/{name}-"]
            command += [f"-dict={words}"] * words.exists() + [grown] + [seeds] * seeds.exists()
            return name, subprocess.run(
                command, capture_output=True, text=True, errors="replace", check=False
            )

    if not count.failed:
        with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
            for name, said in pool.map(one, names):
                if said.returncode == 0:
                    print(f"ok fuzz.{name}", flush=True)
                    count.passed += 1
                else:
                    count += failure(f"fuzz.{name}", f"exit code {said.returncode}")
                    print("".join(f"  # {line}\n" for line in said.stderr.splitlines()[-40:]), end="")
    return count


def main():
    parser = argparse.ArgumentParser(description="Builds and runs the tests.")
    parser.add_argument("--quick", dest="mode", action="store_const", const="quick", default="default")
    parser.add_argument("--long", dest="mode", action="store_const", const="long")
    parser.add_argument("--list", action="store_true", help="name the rounds and run nothing")
    parser.add_argument("rounds", nargs="*", help="only these")
    options = parser.parse_args()
    chosen = [r for r in ROUNDS if r[0] in options.rounds] if options.rounds else None
    chosen = chosen or [r for r in ROUNDS if options.mode in r[1]]
    if unknown := set(options.rounds) - {name for name, _, _ in ROUNDS}:
        parser.error(f"no round {', '.join(sorted(unknown))}; see --list")
    if options.list:
        print("\n".join(f"{name}: {', '.join(modes)}" for name, modes, _ in ROUNDS))
        return 0

    total, begun = Count(), time.monotonic()
    for name, _modes, function in chosen:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        count = function(options.mode)
        total += count
        print(f"== {name}: {count} in {time.monotonic() - started:.0f} s", flush=True)
        if name == "release" and count.failed:
            break  # nothing can be tested without it
    print(f"== all in {time.monotonic() - begun:.0f} s")
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
