// The page: one room at a time, its messages from an event stream, what you say by POST.
/* global Backbone, moment */

const Messages = Backbone.Collection.extend({ model: Backbone.Model.extend({ idAttribute: "number" }) });
const messages = new Messages(); // keeps each number once, however often the stream sends it
const $ = (id) => document.getElementById(id);

let room = "";
let events;

// ── rooms ───────────────────────────────────────────────────────────────────────────────────────

function enter(name) {
  room = name;
  location.hash = name;
  messages.reset();
  $("messages").replaceChildren();
  events?.close();
  events = new EventSource(`/rooms/${room}/events`);
  events.onopen = () => state("");
  events.onerror = () => state("The line is quiet; trying again …");
  events.onmessage = (event) => messages.add(JSON.parse(event.data));
  drawRooms();
}

async function drawRooms() {
  const names = new Set(["lobby", "library", "night-shift", room]);
  try {
    (await (await fetch("/rooms")).json()).rooms.forEach((name) => names.add(name));
  } catch {
    state("The list of rooms did not come; these are the ones known here.");
  }
  $("rooms").replaceChildren(
    ...[...names].sort().map((name) => {
      const link = document.createElement("a");
      link.href = `#${name}`;
      link.textContent = name;
      if (name === room) link.setAttribute("aria-current", "page");
      return link;
    }),
  );
}

// ── messages ────────────────────────────────────────────────────────────────────────────────────

function show({ attributes: message }) {
  const item = document.createElement("li");
  item.classList.toggle("whisper", message.whisper);
  item.classList.toggle("mine", !message.whisper && message.author === $("author").value.trim());

  const author = document.createElement("b");
  author.textContent = message.author;

  const when = document.createElement("time");
  when.dateTime = message.sent_at;
  when.textContent = moment(message.sent_at).fromNow();

  const text = document.createElement("div");
  text.textContent = message.text; // what people write stays text

  item.append(author, " ", when, text);
  $("messages").append(item);
  item.scrollIntoView({ block: "end" });
}

async function say(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  localStorage.setItem("author", $("author").value);
  const answer = await fetch(`/rooms/${room}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ author: $("author").value, text }),
  }).catch(() => null);
  if (answer?.ok) {
    $("text").value = "";
    state("");
  } else {
    state("That was not sent; it is still in the box.");
  }
}

function state(words) {
  $("state").textContent = words;
}

// ── start ───────────────────────────────────────────────────────────────────────────────────────

$("author").value = localStorage.getItem("author") ?? "";
$("say").addEventListener("submit", say);
messages.on("add", show);
window.addEventListener("hashchange", () => enter(location.hash.slice(1) || "lobby"));
setInterval(() => {
  document.querySelectorAll("#messages time").forEach((time) => {
    time.textContent = moment(time.dateTime).fromNow();
  });
}, 30_000);
enter(location.hash.slice(1) || "lobby");
