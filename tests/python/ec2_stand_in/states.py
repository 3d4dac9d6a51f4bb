"""Passing states: what a list shows until a change is done."""

import math
from dataclasses import dataclass

from .message import set_text

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


@dataclass
class Step:
    """A state and the number of lists that still show it."""

    state: str
    left: int
    total: int


class States:
    """Passing states of resources, and of attachments by their volume."""

    def __init__(self) -> None:
        self.steps: dict[str, list[Step]] = {}

    def begin(self, resource: str, *states: tuple[str, int]) -> None:
        """Shows each state for a number of lists, then moto's own."""
        self.steps[resource] = [Step(state, polls, polls) for state, polls in states if polls]

    def shorten(self, most: int) -> None:
        """Shows no state of what is under way for more lists than these."""
        for resource, steps in list(self.steps.items()):
            for step in steps:
                step.left = min(step.left, most)
            self.steps[resource] = [step for step in steps if step.left]
            if not self.steps[resource]:
                self.end(resource)

    def end(self, resource: str) -> None:
        self.steps.pop(resource, None)

    def now(self, resource: str, final: str) -> str:
        steps = self.steps.get(resource)
        return steps[0].state if steps else final

    def progress(self, resource: str) -> str:
        """Returns the progress of a snapshot."""
        steps = self.steps.get(resource)
        return f"{100 * (steps[0].total - steps[0].left) // steps[0].total}%" if steps else "100%"

    def poll(self, resource: str) -> None:
        """Counts a list that showed the resource."""
        if steps := self.steps.get(resource):
            steps[0].left -= 1
            if not steps[0].left:
                steps.pop(0)


def show(element, path: str, state: str) -> None:
    """Writes a state into an item; that of an instance has a code beside it."""
    set_text(element, path, state)
    if path.endswith("/name"):
        set_text(element, path.removesuffix("name") + "code", str(CODES[state]))


class Lag:
    """A time or number of calls for which something is not known yet."""

    def __init__(self, setting: dict, now: float) -> None:
        never = setting.get("calls") is None and setting.get("seconds") is None
        self.calls = setting.get("calls") or 0
        self.until = math.inf if never else now + (setting.get("seconds") or 0)

    def lasts(self, now: float, count: bool = True) -> bool:
        """Returns True while it lasts; with `count`, this call is one of its calls."""
        lasts = self.calls > 0 or now < self.until
        if count and self.calls > 0:
            self.calls -= 1
        return lasts
