"""Arms in another process that take their turns between ours, over a pipe of JSON lines.

For PyTorch with another allocator (``contest.py``), and for frameworks that live in environments of
their own (``peers.py``). The other process waits at the pipe, idle, while it is not its turn. This
file needs Python alone, so that those environments can run it.
"""
import json
import os
import subprocess
import sys

from timing import turn


class Rival:
    """Another process.

    Parameters
    ----------
    command : list of str
        It calls ``serve`` below (or speaks as it does).
    environment : dict
        Variables to set there.
    """

    def __init__(self, command, environment=None):
        self._process = subprocess.Popen(
            command, env=os.environ | (environment or {}), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.hello = self._answer()

    def _answer(self):
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.close()
        raise RuntimeError(f"no answer from {' '.join(self._process.args)}")

    def ask(self, **question):
        """Send a line, wait for the line that comes back."""
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return self._answer()

    def arms(self):
        """Its arms, for ``timing.compare``."""
        return {name: Arm(self, name) for name in self.hello["arms"]}

    def close(self):
        """End it."""
        with self._process:     # closes the pipes, where its loop ends, and waits
            pass


class Arm:
    """What a rival does."""

    def __init__(self, rival, name):
        self.rival, self.name = rival, name

    def __call__(self):
        """One run; its result."""
        return self.rival.ask(arm=self.name)["result"]

    def turn(self, repeats):
        """As ``timing.turn``."""
        answer = self.rival.ask(arm=self.name, repeats=repeats)
        return answer["seconds"], answer["others"]


def serve(arms, **hello):
    """Be the other process: run arms (a dict of functions that return a number) when asked."""
    print(json.dumps({"arms": list(arms), **hello}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        run = arms[question["arm"]]
        if "repeats" in question:
            seconds, others = turn(run, question["repeats"])
            answer = {"seconds": seconds, "others": others}
        else:
            answer = {"result": run()}
        print(json.dumps(answer), flush=True)
