"""Looks at the host that may fail, as it may be short of everything."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gil_tui.language.spoken import say
from gil_tui.text import clean
from gil_tui.tui.speaker import Speaker

Found = TypeVar("Found")


async def looked_for(look: Callable[[], Found], speaker: Speaker) -> Found | None:
    """What a look finds, in a thread; None where no more files or threads can be had, which is said."""
    try:
        return await asyncio.to_thread(look)
    except (OSError, RuntimeError) as error:
        why = clean(str(error))
        speaker.say(say("Not all of this host could be looked at: {why}", why=why), is_error=True)
        return None
