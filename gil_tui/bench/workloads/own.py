"""The user's own function: called by every task, its result a checksum."""

from __future__ import annotations

import sys

from ..failures import JobError
from ..spec import Knob
from ..worker_data import worker_data
from .base import Workload
from .beside import Beside
from .checksums import checksum
from .own_code import load_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect
    from typing import Any, Dict, List, Mapping, Sequence, Tuple

    from ..spec import KnobValue
    from .own_code import Function


class Own(Workload):
    """`package.module:function` or `path/file.py:function`, sync or async.

    It takes nothing, or the number of the task, and behind that what `args` says: the same objects in every
    call of a process. Functions `setup` and `teardown` beside it, sync or async, are called once in every
    process or interpreter that works: before the warm-up, and after the work. After a failure all ends
    without teardown.
    """

    family = "own"
    shows = "Your own function, called with the number of the task if it takes one."
    size_unit = "calls"
    knobs = (
        Knob(
            "args",
            "",
            "JSON",
            "arguments of the function: an array is positional, an object is by name; "
            "the number of the task goes first if the function needs one more",
        ),
    )

    def __init__(
        self, target: str, directory: str, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]
    ) -> None:
        super().__init__(settings, facts)
        self.name = target
        sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)  # as the user wants it for own code
        self._args, self._named = _arguments(str(settings["args"]))
        module, self._function = load_function(target, directory)
        self.is_async, self._takes_number = _shape(self._function, target, self._args, self._named)
        self._beside = Beside(module, self._function)
        self._here = worker_data()

    def enter(self) -> None:
        """Call `setup`, once for all workers of this process."""
        self._beside.enter(self._loop)

    async def enter_async(self) -> None:
        """The same on the workers' event loop."""
        await self._beside.enter_async()

    def leave(self) -> None:
        """Call `teardown`, once for all workers of this process."""
        self._beside.leave(self._loop)

    async def leave_async(self) -> None:
        """The same on the workers' event loop."""
        await self._beside.leave_async()

    def run(self, size: int, number: int) -> int:
        """Call the function `size` times, an async one on this worker's own event loop."""
        if self.is_async:
            return int(self._loop().run_until_complete(self.run_async(size, number)))
        function, args, named = self._function, self._args_of(number), self._named
        value = None
        for _ in range(size):
            value = function(*args, **named)
        if type(value).__name__ == "coroutine":
            raise JobError(
                "usage", "%s returns a coroutine that nobody awaits: make it async itself" % self.name
            )
        return checksum(value)

    async def run_async(self, size: int, number: int) -> int:
        """Call the function `size` times; a sync one holds the event loop up."""
        if not self.is_async:
            return self.run(size, number)
        function, args, named = self._function, self._args_of(number), self._named
        value = None
        for _ in range(size):
            value = await function(*args, **named)
        return checksum(value)

    def _args_of(self, number: int) -> Sequence[Any]:
        return [number, *self._args] if self._takes_number else self._args

    def _loop(self) -> Any:
        import asyncio

        if not hasattr(self._here, "loop"):
            self._here.loop = asyncio.new_event_loop()
        return self._here.loop


def _arguments(text: str) -> Tuple[List[Any], Dict[str, Any]]:
    """Positional arguments and those by name; JobError `usage` if `text` is neither."""
    import json

    if not text.strip():
        return [], {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise JobError("usage", "args is no JSON, %s: %s" % (error, text))
    if isinstance(value, list):
        return value, {}
    if isinstance(value, dict):
        return [], value
    raise JobError("usage", "args must be a JSON array or a JSON object, not %s" % text.strip())


def _shape(
    function: Function, target: str, args: Sequence[Any], named: Mapping[str, Any]
) -> Tuple[bool, bool]:
    """Whether it is async, and whether it needs the task's number; JobError `usage` if it fits neither."""
    import inspect

    forms = (function, type(function).__call__)  # the latter for objects that can be called
    if any(inspect.isgeneratorfunction(form) or inspect.isasyncgenfunction(form) for form in forms):
        raise JobError("usage", "%s is a generator function: calling it runs nothing of it" % target)
    is_async = any(inspect.iscoroutinefunction(form) for form in forms)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C do not tell
        return is_async, False
    try:
        signature.bind(*args, **named)
        return is_async, False
    except TypeError as error:
        unfit = error
    try:
        signature.bind(0, *args, **named)
        return is_async, True
    except TypeError:
        raise JobError("usage", _unfit(target, signature, unfit, bool(args or named)))


def _unfit(target: str, signature: inspect.Signature, unfit: TypeError, given: bool) -> str:
    import inspect

    if given:
        return "%s%s cannot be called with these args: %s" % (target, signature, unfit)
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = signature.parameters.values()
    names = [each.name for each in parameters if each.default is each.empty and each.kind not in many]
    return "%s needs %s: it must take nothing or the task's number, or be given args" % (
        target,
        ", ".join(names),
    )
