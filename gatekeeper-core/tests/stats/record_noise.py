#!/usr/bin/env python3
"""Records what repeated timings look like where nothing changes: recorded.json, for the study of false alarms (docs/statistics.md).

usage: python3 record_noise.py GATEKEEPER > recorded.json

Five kinds of work, 200 timings each in the order in which they were taken, in milliseconds.
"""
import hashlib, json, os, subprocess, sys, tempfile, time

program = sys.argv[1]
folder = tempfile.mkdtemp()
report = os.path.join(folder, "junit.xml")
with open(report, "w") as f:
    cases = "".join(f'<testcase name="t{n}" classname="c" time="0.0{n % 10}"/>' for n in range(20000))
    f.write(f'<testsuite name="s" tests="20000">{cases}</testsuite>')
with open(os.path.join(folder, "gatekeeper.toml"), "w") as f:
    f.write('version = 1\n[[evidence]]\npaths = ["junit.xml"]\n[gates.tests]\nmax-failed = 0\n')
text = open(report).read()


def command(*arguments):
    return lambda: subprocess.run([program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


WORK = {
    "start of a process": command("--version"),
    "a check of 20,000 tests": command("check"),
    "hashing 8 MB": lambda: hashlib.sha256(bytes(8 << 20)).digest(),
    "parsing 1 MB of JSON": lambda: json.loads(json.dumps(list(range(150000)))),
    "sorting 200,000 texts": lambda: sorted(str(n * 7919 % 200000) for n in range(200000)),
}


def timings(work):
    work()
    out = []
    for _ in range(200):
        began = time.perf_counter_ns()
        work()
        out.append(round((time.perf_counter_ns() - began) / 1e6, 4))
    return out


print("{")
for n, (name, work) in enumerate(WORK.items()):
    print(f'{json.dumps(name)}: {json.dumps(timings(work))}{"," if n + 1 < len(WORK) else ""}')
print("}")
