// The page: follows the server's figures as server-sent events, and shows each of them once.

import { Chart } from "./chart.js";
import * as text from "./format.js";
import { startLookup } from "./lookup.js";
import { startOperator } from "./operator.js";
import { quantiles } from "./quantiles.js";

const silence = 5_000;
const element = id => document.getElementById(id);
const say = (id, content) => {
  // Unchanged text is left alone, so that a selection in it lasts.
  if (element(id).textContent !== content) {
    element(id).textContent = content;
  }
};

const charts = {
  requests: new Chart(
    element("chart-requests"),
    [{ name: "found", style: "1" }, { name: "missing", style: "2" }, { name: "malformed", style: "3" }],
    text.rate,
    { isStacked: true, least: 2 }),
  latency: new Chart(
    element("chart-latency"),
    [{ name: "p50", style: "step-1" }, { name: "p99", style: "step-2" }, { name: "p99.9", style: "step-3" }],
    text.wait,
    { least: 1e-5 }),
  connections: new Chart(element("chart-connections"), [{ name: "open", style: "1" }], text.count, { least: 2 }),
  memory: new Chart(element("chart-memory"), [{ name: "resident", style: "1" }], text.bytes, { base: 1024, least: 2 ** 20 }),
};

// The newest last. Latency is that of the last ten seconds: one alone has few samples.
let durations = [];
let before = null;
let heardAt = 0;
let lostAt = null;

function follow() {
  const events = new EventSource("/v1/stats/events");
  events.addEventListener("message", event => onStats(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    lose();
    if (events.readyState === EventSource.CLOSED) {
      // The browser tries again by itself after a broken connection, but not after a refusal.
      setTimeout(follow, 2_000);
    }
  });
}

function lose() {
  before = null;
  durations = [];
  lostAt ??= new Date();
  element("state").dataset.state = "lost";
  say("state", "Connection lost");
  element("lost").hidden = false;
  say("lost", `The server has not answered since ${text.clock(lostAt)}. What is shown is what it said last; trying again.`);
}

function onStats(stats) {
  heardAt = performance.now();
  lostAt = null;
  element("lost").hidden = true;
  showState(stats.server, stats.status);
  showDataset(stats.server);
  showRates(stats);
  showRanking("hot", stats.hot_keys, "No key has been asked for yet.");
  showRanking("missing", stats.missing_keys, "No missing key has been asked for yet.");
  before = stats;
}

function showState(server, status) {
  element("state").dataset.state = status === "ready" ? "serving" : status;
  say("state", { ready: server.reload_running ? "Serving, loading anew" : "Serving", loading: "Loading", draining: "Draining" }[status]);
  say("version", `version ${server.version}`);
  say("uptime", `up ${text.age(server.uptime_seconds)}`);
  say("transport", server.transport ? `${server.transport}, ${server.transport_loops} loops` : "");
}

function showDataset(server) {
  const seconds = time => (Date.now() - Date.parse(time)) / 1000;
  say("dataset-source", server.dataset_source ?? "nothing is loaded");
  say("dataset-keys", text.count(server.dataset_keys));
  say("dataset-id", server.dataset_id ?? "–");
  say("dataset-loaded", server.dataset_loaded_at ? `${text.age(Math.max(0, seconds(server.dataset_loaded_at)))} ago` : "–");
  element("dataset-loaded").title = server.dataset_loaded_at ?? "";
  say("dataset-load", text.wait(server.dataset_load_seconds));
  say("dataset-previous", server.dataset_previous_id ?? "none");
  say("dataset-reload", server.reload_last_result
    ? `${server.reload_last_result.replaceAll("_", " ")}, ${text.age(Math.max(0, seconds(server.reload_last_at)))} ago: ${server.reload_last_reason}`
    : "none since the start");
  element("rollback").disabled = !server.dataset_previous_id;
  showMemory(server);
}

function showMemory(server) {
  const kinds = [
    ["index", server.dataset_index_bytes, "fill-step-3"],
    ["records", server.dataset_record_bytes, "fill-step-2"],
    ["heap", server.heap_bytes, "fill-step-1"],
  ];
  const sum = kinds.reduce((total, [, size]) => total + size, 0) || 1;
  element("memory-bar").replaceChildren(...kinds.map(([, size, style]) => {
    const part = document.createElement("span");
    part.className = style;
    part.style.flex = `${size / sum} 0 0`;
    return part;
  }));
  element("memory-bar").setAttribute("aria-label", `Memory: ${kinds.map(([name, size]) => `${name} ${text.bytes(size)}`).join(", ")}`);
  const rows = kinds.map(([name, size, style]) => legend(name, text.bytes(size), style));
  if (server.dataset_mapped_bytes > 0) {
    rows.push(legend("of it mapped from the snapshot", text.bytes(server.dataset_mapped_bytes), "fill-none"));
  }

  element("memory-legend").replaceChildren(...rows);
}

function legend(name, size, style) {
  const row = document.createElement("li");
  const swatch = document.createElement("i");
  const bold = document.createElement("b");
  swatch.className = style;
  bold.textContent = size;
  row.append(swatch, `${name} `, bold);
  return row;
}

function showRates(stats) {
  const time = new Date(stats.at);
  const seconds = before ? (stats.at - before.at) / 1000 : 0;
  const isSameServer = before && stats.server.requests >= before.server.requests && stats.server.uptime_seconds >= before.server.uptime_seconds;
  const per = name => (stats.server[name] + stats.http[name] - before.server[name] - before.http[name]) / seconds;

  if (isSameServer && seconds > 0) {
    const [hits, misses, errors] = [per("key_hits"), per("key_misses"), per("key_errors")];
    say("now-requests", text.rate(per("requests")));
    say("now-hits", text.share(hits + misses > 0 ? hits / (hits + misses) : null));
    charts.requests.add(time, [hits, misses, errors]);
  } else {
    durations = [];
    charts.requests.add(time, null);
  }

  durations = [...durations.slice(-10), stats.read_duration];
  const latency = quantiles([0.5, 0.99, 0.999], durations[0], stats.read_duration);
  say("now-latency", text.wait(latency?.[1] ?? null));
  say("now-connections", text.count(stats.server.connections_open));
  charts.latency.add(time, latency);
  charts.connections.add(time, [stats.server.connections_open]);
  charts.memory.add(time, [stats.server.resident_bytes]);
}

function showRanking(id, entries, nothing) {
  const largest = Math.max(0, ...entries.map(entry => entry.share));
  element(id).replaceChildren(...entries.map(entry => {
    const row = document.createElement("li");
    const meter = document.createElement("meter");
    const key = document.createElement("span");
    const share = document.createElement("span");
    meter.max = largest;
    meter.value = entry.share;
    meter.setAttribute("aria-hidden", "true");
    key.textContent = entry.key;
    share.textContent = text.share(entry.share);
    row.append(meter, key, share);
    return row;
  }));
  if (entries.length === 0) {
    const row = document.createElement("li");
    row.className = "nothing";
    row.textContent = nothing;
    element(id).replaceChildren(row);
  }
}

function startTheme() {
  const button = element("theme");
  const names = { auto: "as the system has them", light: "light", dark: "dark" };
  const show = theme => {
    document.documentElement.dataset.theme = theme;
    button.textContent = { auto: "◐ Auto", light: "○ Light", dark: "● Dark" }[theme];
    button.setAttribute("aria-label", `Colours: ${names[theme]}`);
  };
  button.addEventListener("click", () => {
    const themes = Object.keys(names);
    const next = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
    localStorage.setItem("theme", next);
    show(next);
  });
  show(localStorage.getItem("theme") in names ? localStorage.getItem("theme") : "auto");
}

startTheme();
startLookup();
startOperator();
follow();
// A host that vanished closes nothing: silence tells, too.
setInterval(() => {
  if (lostAt === null && heardAt > 0 && performance.now() - heardAt > silence) {
    lose();
  }
}, 1_000);
