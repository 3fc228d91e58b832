r"""Personas: who listens in a room, what they remember, and how they whisper back.

A persona is data (see personas.yaml): patterns to listen for, and what to say to each, as a template. What a pattern
catches under a name is remembered of the person who said it: `(?P<name>\w+)` gives `{{ memory.name }}` from then on.
A persona with an `endpoint` asks a chat model there first, and falls back to its own words when that does not answer.
"""

import re
from collections import defaultdict
from itertools import count
from pathlib import Path

import requests
import yaml
from jinja2.sandbox import SandboxedEnvironment

TEMPLATES = SandboxedEnvironment(autoescape=False)  # personas are data, so their templates are caged; the page escapes
MIRROR = {"i": "you", "me": "you", "my": "your", "mine": "yours", "am": "are", "you": "I", "your": "my"}
ENDPOINT_SECONDS = 8.0


def mirrored(text: str) -> str:
    """The words turned to face their speaker: "I miss my cat" → "you miss your cat"."""
    return " ".join(MIRROR.get(word.lower(), word) for word in text.strip(" .!?").split())


class Persona:
    """One character. `whisper` is called with everything that is said, and mostly answers."""

    def __init__(self, row: dict) -> None:
        self.name: str = row["name"]
        self.greeting: str = row["greeting"]
        self.manner: str = row.get("manner", "")
        self._endpoint: str | None = row.get("endpoint")
        self._listens = [(re.compile(heard, re.IGNORECASE), says) for heard, says in row["listens"].items()]
        self._otherwise: list[str] = row["otherwise"]
        self._memory: dict[str, dict[str, str]] = defaultdict(dict)
        self._turns = count()

    def whisper(self, author: str, text: str) -> str:
        """What this persona says to `author` about `text`."""
        return self._asked(author, text) or self._own_words(author, text)

    def _own_words(self, author: str, text: str) -> str:
        memory = self._memory[author]
        turn = next(self._turns)
        says, echo = self._otherwise, mirrored(text)
        for pattern, answers in self._listens:
            if match := pattern.search(text):
                memory.update({key: value.strip(" .!?") for key, value in match.groupdict().items() if value})
                says, echo = answers, mirrored(match.group(match.lastindex)) if match.lastindex else ""
                break
        template = TEMPLATES.from_string(says[turn % len(says)])
        return template.render(author=author, echo=echo, memory=memory).strip()

    def _asked(self, author: str, text: str) -> str | None:
        if not self._endpoint:
            return None
        talk = [
            {"role": "system", "content": f"You are {self.name}. {self.manner}"},
            {"role": "user", "content": f"{author} says: {text}"},
        ]
        try:
            answer = requests.post(self._endpoint, json={"messages": talk}, timeout=ENDPOINT_SECONDS)
            answer.raise_for_status()
            return str(answer.json()["choices"][0]["message"]["content"])
        except (requests.RequestException, LookupError, TypeError, ValueError):
            return None  # the room goes on without the model


def load_personas(path: Path) -> list[Persona]:
    """The personas of a YAML file, in its order; the first one greets."""
    return [Persona(row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))["personas"]]
