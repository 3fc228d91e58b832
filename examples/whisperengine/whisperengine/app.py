"""The web service: a page for each room, messages over HTTP, news as server-sent events.

    GET  /                          the page
    GET  /rooms                     names of the rooms
    GET  /rooms/NAME/messages       messages, `?after=NUMBER` for the newer ones
    POST /rooms/NAME/messages       {"author": "…", "text": "…"}
    GET  /rooms/NAME/events         the same messages as a stream (text/event-stream), continued by Last-Event-ID
    GET  /healthz                   for probes

What is refused comes back as {"error": "…"} with its status.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response, abort, render_template, request
from werkzeug.serving import run_simple

from whisperengine.persona import load_personas
from whisperengine.rooms import House, Room

HERE = Path(__file__).parent
HEARTBEAT_SECONDS = 15.0  # a comment this often, so that proxies keep a quiet stream open


def create_app(personas_file: Path | None = None) -> Flask:
    """The application, with the personas of that file, of $WHISPER_PERSONAS, or its own."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    personas = load_personas(personas_file or Path(os.environ.get("WHISPER_PERSONAS", HERE / "personas.yaml")))
    host = personas[0]
    house = House(greet=lambda room: room.say(host.name, host.greeting, whisper=True))

    def entered(name: str) -> Room:
        return house.room(name) or abort(404, description="A room's name is short: small letters, digits, dashes.")

    @app.get("/")
    def page() -> str:
        built = (HERE / "static" / "chat.js").is_file()
        return render_template("index.html", personas=personas, built=built)

    @app.get("/rooms")
    def rooms() -> dict[str, object]:
        return {"rooms": house.names()}

    @app.get("/rooms/<name>/messages")
    def messages(name: str) -> dict[str, object]:
        after = request.args.get("after", 0, type=int)
        return {"messages": [message.to_json() for message in entered(name).since(after)]}

    @app.post("/rooms/<name>/messages")
    def say(name: str) -> tuple[dict[str, object], int]:
        room = entered(name)
        body = request.get_json()
        if not isinstance(body, dict) or not isinstance(body.get("text"), str) or not body["text"].strip():
            abort(400, description='Send {"author": "…", "text": "…"} with some text.')
        message = room.say(str(body.get("author", "")), body["text"])
        for persona in personas:
            room.say(persona.name, persona.whisper(message.author, message.text), whisper=True)
        return message.to_json(), 201

    @app.get("/rooms/<name>/events")
    def events(name: str) -> Response:
        room = entered(name)
        after = request.headers.get("Last-Event-ID", 0, type=int)
        return Response(stream(room, after), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    @app.get("/healthz")
    def health() -> dict[str, object]:
        return {"ok": True}

    @app.errorhandler(400)
    @app.errorhandler(404)
    def refused(error: Exception) -> tuple[dict[str, object], int]:
        return {"error": error.description}, error.code

    return app


def stream(room: Room, after: int) -> Iterator[str]:
    """The room's messages after that number as server-sent events, for as long as somebody reads."""
    while True:
        for message in room.wait(after, HEARTBEAT_SECONDS):
            after = message.number
            yield f"id: {after}\ndata: {json.dumps(message.to_json())}\n\n"
        yield ": still here\n\n"


def main() -> None:
    """Serve on 127.0.0.1; in a container gunicorn does, see the Dockerfile."""
    port = int(os.environ.get("PORT", "8080"))
    print(f"WhisperEngine listens on http://127.0.0.1:{port}/")  # noqa: T201 - told to the person who started it
    run_simple("127.0.0.1", port, create_app(), threaded=True)
