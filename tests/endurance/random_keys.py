"""Somebody who leans on the keyboard: keys, clicks, pastes and sizes at random, then the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.endurance.subjects import Scene

PLAIN = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in "q"]
NAMED = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    "ctrl+p": "\x10",
    "ctrl+r": "\x12",
}
TAKING_TURNS = "123"
"""The screens: without more weight most keys would be pressed on one."""
PASTES = ("shop.py:total", "[bold]x[/]", "\x1b[2J", "é漢字\u202e", "x" * 3000, "a\nb\nc")
SIZES = ((60, 20), (80, 24), (120, 40), (200, 60), (20, 5), (1, 1))
ENDS = ("\x03", "\x11")
"""ctrl+c and ctrl+q leave from anywhere; `q` is a letter within a filter."""


@contextmanager
def press_at_random(scene: Scene) -> Iterator[None]:
    """As a fault: some hundred keys, fast and slow, and a way out while the last are still at work."""
    rng, terminal, keys = scene.rng, scene.terminal, list[str]()
    for _ in range(rng.randrange(20, 250)):
        if not terminal.running:
            break
        keys.append(name := _press(scene))
        if name == "resize":
            terminal.resize(*rng.choice(SIZES))
        scene.wait(rng.choice((0.0, 0.0, 0.0, 0.01, 0.05, 0.3)))
    scene.notes.append(f"{len(keys)} keys, the last: {' '.join(keys[-12:])}")
    if terminal.running:
        terminal.send(rng.choice(ENDS))
    yield
    scene.notes.append(f"status {terminal.status}")


def _press(scene: Scene) -> str:
    """Send one of them; its name."""
    rng, send = scene.rng, scene.terminal.send
    kind = rng.choices(("plain", "named", "turn", "click", "paste", "resize"), (50, 30, 8, 8, 2, 2))[0]
    if kind == "named":
        name = rng.choice(list(NAMED))
        send(NAMED[name])
        return name
    if kind == "click":
        column, row = rng.randrange(1, 121), rng.randrange(1, 41)
        button = rng.choice((0, 0, 0, 2, 64, 65))
        send(f"\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m")
        return f"click {button} at {column},{row}"
    if kind == "paste":
        text = rng.choice(PASTES)
        send(f"\x1b[200~{text}\x1b[201~")
        return f"paste {text[:10]!r}"
    if kind in ("plain", "turn"):
        key = rng.choice(PLAIN if kind == "plain" else TAKING_TURNS)
        send(key)
        return repr(key)
    return kind
