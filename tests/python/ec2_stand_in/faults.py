"""Faults of the network and of the cloud, by action and by the number of the call."""

from dataclasses import dataclass

KINDS = {
    "lost-before",
    "lost-after",
    "cut",
    "late-request",
    "late-response",
    "hold-before",
    "hold-after",
    "error",
    "expire",
}


@dataclass
class Rule:
    """A fault and the calls that it breaks: the `nth` one after the rule was set, and `times - 1` after that."""

    action: str
    nth: int
    times: int
    region: str
    fault: dict
    seen: int = 0

    def meets(self, action: str, region: str) -> bool:
        """Counts a call that the rule is about, and returns True if it has to break."""
        if self.action not in ("*", action) or self.region not in ("", region):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Faults:
    """The script of faults. The rule that was set first wins; each counts its own calls."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, action: str, fault: dict, nth: int = 1, times: int = 1, region: str = "") -> None:
        if fault.get("kind") not in KINDS:
            raise ValueError(f"unknown fault {fault}: expected a kind of {sorted(KINDS)}")
        self.rules.append(Rule(action, nth, times, region, fault))

    def take(self, action: str, region: str) -> dict:
        found = [rule.fault for rule in self.rules if rule.meets(action, region)]
        return found[0] if found else {}
