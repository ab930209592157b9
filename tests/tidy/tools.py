"""clang-format and clang-tidy."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

from source import LAYERS, TOP, Options, Skip, check, cpp


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
    return {TOP / file for file in said.stdout.split()} if said.returncode == 0 else set()


def compilations(database):
    """The command of every file of ours in compile_commands.json, without what is written where. An entry may
    be for a file that CMake made of several (CMAKE_UNITY_BUILD)."""
    ours = {TOP / file for file in cpp(*LAYERS, "bench") if file.suffix == ".cc"}
    found = {}
    for entry in json.loads(database.read_text()):
        file = pathlib.Path(entry["file"]).resolve()
        joined = re.findall(r'#include "(.+)"', file.read_text()) if file.parent.name == "Unity" else [file]
        for one in ours.intersection(map(pathlib.Path, joined)):
            found[one] = entry["command"].split(" -o ")[0]
    return found


def units(commands):
    """Lists of files that are looked at together: all with --long, else those with one that was changed in
    the working tree or by the last commit. Almost all the time goes into the library headers, so the files
    of a folder share them; those compiled by a command of their own (a definition, say) stay alone."""
    folders = {}
    for file, command in sorted(commands.items()):
        folders.setdefault((file.parent, command), []).append(file)
    if Options.long:
        return list(folders.values())
    changed = git("diff", "--name-only", "HEAD") | git("diff", "--name-only", "HEAD~1", "HEAD")
    return [files for files in folders.values() if changed.intersection(files)]


def findings_of(program, files, command, folder):
    """What clang-tidy says of the files, included one after the other into one translation unit."""
    unit = pathlib.Path(tempfile.mkstemp(".cc", dir=folder)[1])
    unit.write_text("".join(f'#include "{file}"\n' for file in files))
    rules = f"--config-file={TOP / '.clang-tidy'}"
    said = subprocess.run(
        [program, "--quiet", rules, str(unit), "--", *shlex.split(command)[1:]],
        cwd=TOP / Options.build, capture_output=True, text=True, check=False,
    )
    lines = [line for line in said.stdout.splitlines() if re.search(r": (error|warning): ", line)]
    if len(files) > 1 and any("clang-diagnostic-error" in line for line in lines):
        # Two files use the same name for something of their own: they are looked at apart.
        half = len(files) // 2
        parts = files[:half], files[half:]
        return [line for part in parts for line in findings_of(program, part, command, folder)]
    return lines if lines or said.returncode == 0 else [said.stderr.strip()[-300:]]


@check
def clang_tidy():
    if Options.quick:
        raise Skip("left out of the quick round")
    program, database = tool("clang-tidy"), TOP / Options.build / "compile_commands.json"
    if not database.is_file():
        raise Skip(f"{database} is not there: build first")
    commands = compilations(database)
    workers = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    with tempfile.TemporaryDirectory() as folder, workers as pool:

        def look(files):
            return findings_of(program, files, commands[files[0]], folder)

        seen = set()
        for lines in pool.map(look, units(commands)):
            for line in lines:
                if line not in seen:
                    seen.add(line)
                    yield line.replace(f"{TOP}/", "")
