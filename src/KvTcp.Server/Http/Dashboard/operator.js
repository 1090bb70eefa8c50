// The operator's buttons. The token is kept in this page only, and is gone when it is closed.

const form = document.getElementById("operator");
const actions = document.getElementById("actions");
const input = document.getElementById("token");
const outcome = document.getElementById("outcome");

let token = null;

// Without credentials of the browser's own, whose dialog would cover the page when a token is wrong.
const ask = (path, method, shown) => fetch(path, { method, credentials: "omit", headers: { Authorization: `Bearer ${shown}` } });

/** Makes the form and the buttons work. */
export function startOperator() {
  form.addEventListener("submit", event => {
    event.preventDefault();
    signIn();
  });
  document.getElementById("sign-out").addEventListener("click", () => signOut());
  document.getElementById("reload").addEventListener("click", () => act("/admin/reload", "Loading the data again …"));
  document.getElementById("rollback").addEventListener("click", () => act("/admin/rollback", "Returning to the dataset before …"));
}

function tell(text, isBad = false) {
  outcome.textContent = text;
  outcome.hidden = !text;
  outcome.dataset.kind = isBad ? "bad" : "good";
}

async function signIn() {
  if (!input.value) {
    input.focus();
    return;
  }

  try {
    const response = await ask("/debug/datastore?limit=1", "GET", input.value);
    if (response.status === 401 || response.status === 403) {
      const problem = await response.json();
      tell(response.status === 401 ? "That is not the token." : problem.detail, true);
      return;
    }
  } catch (error) {
    tell(`Signing in failed: ${error.message}`, true);
    return;
  }

  token = input.value;
  input.value = "";
  form.hidden = true;
  actions.hidden = false;
  tell("");
  document.getElementById("reload").focus();
}

function signOut() {
  token = null;
  form.hidden = false;
  actions.hidden = true;
  tell("");
  input.focus();
}

async function act(path, doing) {
  const buttons = [...actions.querySelectorAll("button")];
  buttons.forEach(button => { button.disabled = true; });
  tell(doing);
  try {
    const response = await ask(path, "POST", token);
    const body = await response.json();
    if (response.status === 401) {
      signOut();
    }

    tell(response.ok ? `${capital(body.result)}: ${body.reason}` : capital(body.detail ?? `HTTP status ${response.status}`), !response.ok);
  } catch (error) {
    tell(`No answer: ${error.message}`, true);
  } finally {
    buttons.forEach(button => { button.disabled = false; });
  }
}

const capital = text => text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
