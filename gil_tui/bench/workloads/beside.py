"""`setup` and `teardown` beside the user's function: once in every process that works."""

from __future__ import annotations

import threading

from ..failures import JobError, caused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Optional


class Beside:
    """The functions `setup` and `teardown` that `module` itself defines, sync or async, taking nothing.

    Whichever worker asks first has it done, all others wait for that; a failure is that of all of them.
    """

    def __init__(self, module: ModuleType, function: object) -> None:
        self._setup = _defined_in(module, "setup", function)
        self._teardown = _defined_in(module, "teardown", function)
        self._module = module.__name__
        self._lock = threading.Lock()
        self._async_lock: Any = None
        self._loop: Any = None
        self._entered = False
        self._trouble: Optional[JobError] = None

    def enter(self, loop: Callable[[], Any]) -> None:
        """Call `setup`, on the event loop `loop()` if it is async; JobError `workload` if it raises."""
        with self._lock:
            if self._is_first():
                try:
                    self._finish(self._call(self._setup), loop)
                except BaseException as error:
                    self._fail("setup", error)

    async def enter_async(self) -> None:
        """The same for coroutines of one event loop."""
        import asyncio

        if self._async_lock is None:
            self._async_lock = asyncio.Lock()
        async with self._async_lock:
            if self._is_first():
                try:
                    await self._wait_for(self._call(self._setup))
                except BaseException as error:
                    self._fail("setup", error)

    def leave(self, loop: Callable[[], Any]) -> None:
        """Call `teardown` if `setup` has been; an async one on the event loop of an async `setup`."""
        with self._lock:
            if self._is_last():
                try:
                    self._finish(self._call(self._teardown), loop)
                except BaseException as error:
                    self._fail("teardown", error)

    async def leave_async(self) -> None:
        """The same for the event loop of `enter_async`, from one coroutine."""
        if self._is_last():
            try:
                await self._wait_for(self._call(self._teardown))
            except BaseException as error:
                self._fail("teardown", error)

    def _is_first(self) -> bool:
        if self._trouble is not None:
            raise self._trouble
        entered, self._entered = self._entered, True
        return not entered

    def _is_last(self) -> bool:
        entered, self._entered = self._entered, False
        return entered and self._trouble is None

    @staticmethod
    def _call(function: Optional[Callable[[], Any]]) -> Any:
        return None if function is None else function()

    def _finish(self, result: Any, loop: Callable[[], Any]) -> None:
        if _is_awaitable(result):
            self._loop = self._loop or loop()
            self._loop.run_until_complete(self._wait_for(result))

    @staticmethod
    async def _wait_for(result: Any) -> None:
        if _is_awaitable(result):
            await result

    def _fail(self, name: str, error: BaseException) -> None:
        self._trouble = caused("workload", error, "%s of %s" % (name, self._module))
        raise self._trouble


def _is_awaitable(result: Any) -> bool:
    if type(result).__name__ in ("generator", "async_generator"):
        raise TypeError("it is a generator function: calling it runs nothing of it")
    return hasattr(result, "__await__")


def _defined_in(module: ModuleType, name: str, function: object) -> Optional[Callable[[], Any]]:
    """What is imported under that name, setuptools' `setup` say, is not meant; nor is `function` itself."""
    found = getattr(module, name, None)
    if found is function or getattr(found, "__module__", None) != module.__name__ or not callable(found):
        return None
    beside: Callable[[], Any] = found
    return beside
