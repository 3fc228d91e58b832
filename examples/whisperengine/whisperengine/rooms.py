"""Rooms in memory: the last messages of each, and a way to wait for the next one."""

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

KEPT_MESSAGES = 200  # of each room; a chat is not an archive
MAX_ROOMS = 500  # a room is made by entering it, so there has to be an end
MAX_TEXT = 2000  # characters of one message
ROOM_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said; `number` counts from 1 in its room."""

    number: int
    author: str
    text: str
    sent_at: str
    whisper: bool  # said by a persona

    def to_json(self) -> dict[str, object]:
        """The message as the page and the event stream see it."""
        return asdict(self)


class Room:
    """One room. Any thread may say and wait."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._messages: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._changed = threading.Condition()
        self._count = 0

    def say(self, author: str, text: str, *, whisper: bool = False) -> Message:
        """Add a message, wake everybody who waits, and give the message back."""
        with self._changed:
            self._count += 1
            message = Message(
                number=self._count,
                author=author.strip()[:40] or "someone",
                text=text.strip()[:MAX_TEXT],
                sent_at=datetime.now(UTC).isoformat(timespec="seconds"),
                whisper=whisper,
            )
            self._messages.append(message)
            self._changed.notify_all()
            return message

    def since(self, number: int) -> list[Message]:
        """The kept messages after `number`, oldest first."""
        with self._changed:
            return [message for message in self._messages if message.number > number]

    def wait(self, number: int, timeout_seconds: float) -> list[Message]:
        """Like `since`, but wait for a message when there is none yet; empty after the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > number, timeout=timeout_seconds)
        return self.since(number)


class House:
    """All rooms. A room is made by entering it, and `greet` is called once with each new one."""

    def __init__(self, greet: Callable[[Room], None]) -> None:
        self._greet = greet
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def room(self, name: str) -> Room | None:
        """The room of that name; None when the name is not one, or the house is full."""
        if not ROOM_NAME.fullmatch(name):
            return None
        with self._lock:
            if name in self._rooms:
                return self._rooms[name]
            if len(self._rooms) >= MAX_ROOMS:
                return None
            room = self._rooms[name] = Room(name)
            self._greet(room)
            return room

    def names(self) -> list[str]:
        """The rooms there are, in order."""
        with self._lock:
            return sorted(self._rooms)
