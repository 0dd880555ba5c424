"""Runs commands side by side: a job as JSON on standard input, what was seen as JSON on standard output.

Node cannot tell the CPU time of one child; wait4 can, with that of all that the child has waited for. Python is
small, too: on Linux the peak memory of a child counts from what its parent had when it started it.
"""

import json
import os
import random
import signal
import sys
import time

RUN_LIMIT = 120
HEAD = 4096
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandFailed(Exception):
    pass


def spawn(argv, command):
    reading, writing = os.pipe()
    pid = os.posix_spawn(
        argv[0],
        argv,
        command["environment"],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, command["stdin"], os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_OPEN, 2, "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ],
    )
    os.close(writing)
    return pid, reading


def run(command, name):
    """All copies of a command at once, to the end of the last one: seconds, bytes."""
    argv = [part.replace("{round}", name) for part in command["argv"]]
    cpu, rss, lines, answers, status = 0.0, 0, 0, set(), 0
    signal.alarm(RUN_LIMIT)
    start = time.perf_counter()
    children = [spawn(argv, command) for _ in range(command["copies"])]
    running = {pid for pid, _ in children}
    try:
        for pid, reading in children:
            head = b""
            while chunk := os.read(reading, 1 << 20):
                head += chunk[: HEAD - len(head)]
                if command["lines"]:
                    lines += chunk.count(b"\n")
            os.close(reading)
            _, ended, usage = os.wait4(pid, 0)
            running.remove(pid)
            cpu += usage.ru_utime + usage.ru_stime
            rss = max(rss, usage.ru_maxrss * RSS_UNIT)
            answers.add(head)
            status = status or ended
        wall = time.perf_counter() - start
    finally:
        signal.alarm(0)
        for pid in running:
            os.kill(pid, signal.SIGKILL)
    if status != 0:
        with open("stderr", encoding="utf-8", errors="replace") as stderr:
            reason = stderr.readline().strip()
        raise CommandFailed(f"exit code {os.waitstatus_to_exitcode(status)}: {reason}")
    return {"cpu": cpu, "wall": wall, "rss": rss, "lines": lines, "answers": len(answers)}


def give_up(*_):
    raise CommandFailed(f"not done after {RUN_LIMIT} s")


def measure(job):
    os.chdir(job["directory"])
    rounds = []
    for number in range(job["rounds"] + 1):
        rounds.append({})
        # Shuffled, because whoever runs second finds warmer caches.
        for name in random.sample(list(job["commands"]), len(job["commands"])):
            try:
                rounds[-1][name] = run(job["commands"][name], f"{job['id']}-{number}")
            except CommandFailed as failure:
                return {"failure": {"command": name, "reason": str(failure)}}
    # The first one warms up what is cached, in the tool as in the kernel, and counts for nothing.
    return {"rounds": rounds[1:]}


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, give_up)
    try:
        json.dump(measure(json.load(sys.stdin)), sys.stdout)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
