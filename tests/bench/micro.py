"""Instructions of the micro-benchmarks, counted by callgrind: nothing else on the machine changes them."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
MICRO, RECORD = TOP / "build/vestnik-micro", TOP / "bench/micro/instructions.json"
FEW, MANY = 50, 250  # iterations; the difference is free of what each run of a loop begins with
TOLERANCE = 0.10
WITHOUT = "valgrind is not installed"


def count():
    """Instructions of one iteration, by name. All loops run in one process, three times each, and callgrind
    writes a file after each run of one; the first has in it what happens once."""
    names = subprocess.run([MICRO, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--dump-after=*run_counted*"]
        command += [f"--callgrind-out-file={folder}/out", "--combine-dumps=no", "--separate-threads=no"]
        command += [MICRO, "--count", f"1,{FEW},{MANY}"]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"callgrind failed: {done.stderr.strip()[-500:]}")
        totals = []
        for i in range(1, 3 * len(names) + 1):
            text = (pathlib.Path(folder) / f"out.{i}").read_text(errors="replace")
            totals.append(int(re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)[1]))
    pairs = zip(totals[1::3], totals[2::3])
    return {name: round((many - few) / (MANY - FEW)) for name, (few, many) in zip(names, pairs)}


def record():
    counted = count()
    RECORD.write_text(json.dumps(counted, indent=1) + "\n")
    print("\n".join(f"ok micro.{name}: {instructions}" for name, instructions in counted.items()))
    return 0


def compare():
    """Prints a result line for each loop; how many failed."""
    if not shutil.which("valgrind"):
        print(f"skip micro: {WITHOUT}")
        return 0
    recorded, counted, failed = json.loads(RECORD.read_text()), count(), 0
    for name in sorted(recorded.keys() | counted.keys()):
        before, now = recorded.get(name), counted.get(name)
        if before is None or now is None:
            failed += 1
            why = "is not recorded: tests/bench/run --record" if before is None else "is gone"
            print(f"not ok micro.{name}: {why}")
        elif now > before * (1 + TOLERANCE):
            failed += 1
            more = f"{now / before - 1:.0%} more than the {before} recorded"
            print(f"not ok micro.{name}: {now} instructions, {more}")
        else:
            print(f"ok micro.{name}: {now} instructions", flush=True)
            if now < before * (1 - TOLERANCE):
                print(f"  # {before} are recorded: tests/bench/run --record keeps the gain")
    return failed
