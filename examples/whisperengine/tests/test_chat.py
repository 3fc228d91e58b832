"""The service as its page uses it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from whisperengine.app import create_app, stream
from whisperengine.persona import load_personas, mirrored
from whisperengine.rooms import Room

PERSONAS = Path(__file__).parent.parent / "whisperengine" / "personas.yaml"


@pytest.fixture
def client() -> FlaskClient:
    return create_app(PERSONAS).test_client()


def test_a_room_greets_answers_and_remembers(client: FlaskClient) -> None:
    said = client.post("/rooms/lobby/messages", json={"author": "Mina", "text": "My name is Mina."})
    assert said.status_code == 201
    client.post("/rooms/lobby/messages", json={"author": "Mina", "text": "hello"})
    texts = [message["text"] for message in client.get("/rooms/lobby/messages").json["messages"]]
    assert texts[0].startswith("I am Ada.")
    assert texts[2].startswith("Mina: a good name")
    assert texts[4] == "Hello again, Mina."


def test_what_is_not_a_room_or_a_message_is_refused(client: FlaskClient) -> None:
    assert client.get("/rooms/No%20Room/messages").status_code == 404
    assert client.post("/rooms/lobby/messages", json={"author": "x"}).status_code == 400
    assert client.post("/rooms/lobby/messages", json=["x"]).status_code == 400


def test_the_stream_starts_after_the_last_event_seen() -> None:
    room = Room("lobby")
    room.say("a", "one")
    room.say("a", "two")
    assert next(stream(room, after=1)).startswith("id: 2\n")


def test_words_turn_to_face_their_speaker() -> None:
    assert mirrored("I miss my cat.") == "you miss your cat"


def test_a_persona_without_its_model_uses_its_own_words(tmp_path: Path) -> None:
    file = tmp_path / "personas.yaml"
    file.write_text(PERSONAS.read_text().replace("  - name: Ada", '  - name: Ada\n    endpoint: "http://127.0.0.1:9/"'))
    assert load_personas(file)[0].whisper("Mina", "hello") == "Hello, Mina."
