// The lookup box: sends what was pasted in batches, and shows each key's outcome in the order asked. Values are shown as text only.

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const batch = 1_000;
const most = 10_000;

const form = document.getElementById("lookup-form");
const box = document.getElementById("keys");
const rows = document.getElementById("lookup-rows");
const summary = document.getElementById("lookup-summary");
const scroll = document.getElementById("lookup-scroll");
const button = form.querySelector("button");

/** Makes the form work. */
export function startLookup() {
  form.addEventListener("submit", event => {
    event.preventDefault();
    look();
  });
  box.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      look();
    }
  });
}

async function look() {
  const keys = box.value.split(/[\s,;]+/).map(key => key.replace(/^["']|["']$/g, "")).filter(key => key);
  if (keys.length === 0) {
    summary.textContent = "Paste at least one UUID.";
    box.focus();
    return;
  }

  if (keys.length > most) {
    summary.textContent = `${keys.length} keys; at most ${most} at once.`;
    return;
  }

  button.disabled = true;
  try {
    show(keys, await values(keys.filter(key => uuid.test(key))));
  } catch (error) {
    scroll.hidden = true;
    summary.textContent = `The lookup failed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

/** The values by key in canonical form; null for one that is unknown. */
async function values(keys) {
  const found = new Map();
  for (let start = 0; start < keys.length; start += batch) {
    const response = await fetch("/v1/keys", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ keys: keys.slice(start, start + batch) }),
    });
    const body = await response.json();
    if (!response.ok) {
      throw new Error(body.detail ?? `HTTP status ${response.status}`);
    }

    body.items.forEach(item => found.set(item.key, item.value));
  }

  return found;
}

function show(keys, found) {
  const counts = { hit: 0, miss: 0, bad: 0 };
  const words = { hit: "found", miss: "not found", bad: "not a UUID" };
  rows.replaceChildren(...keys.map(key => {
    const value = found.get(key.toLowerCase());
    const outcome = !uuid.test(key) ? "bad" : value === null || value === undefined ? "miss" : "hit";
    counts[outcome]++;
    return row(outcome === "bad" ? key : key.toLowerCase(), outcome, words[outcome], value ?? "");
  }));
  summary.textContent = Object.entries(counts).filter(([, count]) => count > 0).map(([outcome, count]) => `${count} ${words[outcome]}`).join(", ");
  scroll.hidden = false;
}

function row(key, outcome, word, value) {
  const line = document.createElement("tr");
  const mark = document.createElement("span");
  mark.className = `mark mark-${outcome}`;
  mark.textContent = word;
  for (const content of [key, mark, value]) {
    const cell = document.createElement("td");
    cell.append(content);
    line.append(cell);
  }

  return line;
}
