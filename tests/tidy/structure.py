"""Where things are: layers, folders, sizes."""
import os

from source import LAYERS, TOP, check, cpp, files, includes, is_script, lines, text

TOP_LEVEL = {
    "proto",
    "core",
    "shard",
    "server",
    "bench",
    "tests",
    "deploy",
    ".ci",
    "CMakeLists.txt",
    "README.md",
    "LICENSE",
    ".clang-format",
    ".clang-tidy",
    ".gitignore",
}
MAX_LINES, MAX_COLUMNS = 450, 110


@check
def includes_point_down():
    for file in cpp():
        allowed = LAYERS[: LAYERS.index(file.parts[0]) + 1]
        for number, header in includes(file):
            if header.split("/")[0] not in allowed:
                yield f"{file}:{number}: {file.parts[0]} may not include {header}"


@check
def includes_are_absolute():
    for file in cpp(*LAYERS, "bench"):
        for number, header in includes(file):
            if not (TOP / header).is_file():
                yield f"{file}:{number}: {header} is no path from the top of the tree"


@check
def features_are_named_by_their_list_only():
    for file in cpp():
        inside = file.parts[:2] == ("shard", "features")
        for number, header in includes(file):
            if not header.startswith("shard/features/") or header == "shard/features/list.h":
                continue
            own = inside and (
                header.removesuffix(".h") == str(file.with_suffix(""))
                or (len(file.parts) > 3 and header.startswith("/".join(file.parts[:3]) + "/"))
            )
            if not own and str(file) not in ("shard/features/list.cc", "shard/features/list.h"):
                yield f"{file}:{number}: {header} belongs to a feature"


@check
def the_top_level_is_the_design_s():
    for name in sorted({f.parts[0] for f in files()} - TOP_LEVEL):
        yield f"{name}: is no part of the top level"


@check
def files_are_short():
    for file in files():
        if (file.suffix in (".h", ".cc") or is_script(file)) and text(file).count("\n") > MAX_LINES:
            yield f"{file}: {text(file).count(chr(10))} lines, more than {MAX_LINES}"


@check
def lines_are_short():
    for file in files():
        if file.suffix in (".h", ".cc") or is_script(file):
            for number, line in lines(file):
                if len(line) > MAX_COLUMNS:
                    yield f"{file}:{number}: {len(line)} columns, more than {MAX_COLUMNS}"


@check
def headers_are_guarded():
    for file in cpp(*LAYERS, "bench", "tests"):
        if file.suffix == ".h" and text(file).count("#pragma once") != 1:
            yield f"{file}: wants one #pragma once"


@check
def files_end_well():
    for file in files():
        if file.suffix in (".h", ".cc", ".py", ".md", ".txt", ".cmake", ".toml") or is_script(file):
            if not text(file).endswith("\n") or text(file).endswith("\n\n"):
                yield f"{file}: wants one line end at its end"
            for number, line in lines(file):
                if line != line.rstrip() or "\t" in line:
                    yield f"{file}:{number}: white space at the end, or a tab"


@check
def scripts_can_be_run():
    for file in files():
        if not file.suffix and text(file).startswith("#!") and not os.access(TOP / file, os.X_OK):
            yield f"{file}: is a script that may not be executed"
