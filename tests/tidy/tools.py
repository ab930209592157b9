"""clang-format and clang-tidy."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess

from source import LAYERS, TOP, Options, Skip, check, cpp

SLICES = 8  # without --long, clang-tidy looks at what changed lately and at one of so many parts of the rest


def tool(name):
    for candidate in (f"{name}-19", name):
        if shutil.which(candidate):
            return candidate
    raise Skip(f"{name}-19 is not installed")


@check
def clang_format():
    command = [tool("clang-format"), "--dry-run", "-Werror", *map(str, cpp(*LAYERS, "bench", "tests"))]
    said = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    for line in said.stderr.splitlines():
        if ": error:" in line or ": warning:" in line:
            yield line


def git(*arguments):
    said = subprocess.run(["git", *arguments], cwd=TOP, capture_output=True, text=True, check=False)
    return said.stdout.split() if said.returncode == 0 else []


def chosen(compiled):
    """The files to look at: all with --long; else what the working tree and the last commit changed, and a
    slice of the rest that moves on with every commit."""
    if Options.long:
        return compiled
    changed = set(git("diff", "--name-only", "HEAD")) | set(git("diff", "--name-only", "HEAD~1", "HEAD"))
    count = int((git("rev-list", "--count", "HEAD") or ["0"])[0])
    return [f for index, f in enumerate(compiled) if str(f) in changed or index % SLICES == count % SLICES]


@check
def clang_tidy():
    if Options.quick:
        raise Skip("left out of the quick round")
    program, database = tool("clang-tidy"), TOP / Options.build / "compile_commands.json"
    if not database.is_file():
        raise Skip(f"{database} is not there: build first")
    commands = json.loads(database.read_text())
    built = {pathlib.Path(c["file"]).resolve() for c in commands}
    compiled = [f for f in cpp(*LAYERS, "bench") if f.suffix == ".cc" and (TOP / f) in built]

    def look(file):
        command = [program, "--quiet", "-p", str(database.parent), str(file)]
        return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False).stdout

    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(look, chosen(compiled)):
            for line in output.splitlines():
                if re.search(r": (error|warning): ", line) and line not in seen:
                    seen.add(line)
                    yield line.replace(f"{TOP}/", "")
