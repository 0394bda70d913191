// Starts the console: configuration, sign-in, then the view that the address names.
import { openApi } from "./api.js";
import { finishSignIn, leave } from "./cognito.js";
import { loadConfig } from "./config.js";
import { Console } from "./context.js";
import { OrderPage } from "./order/page.js";
import { OrdersPage } from "./orders/page.js";
import { Boundary } from "./parts/boundary.js";
import { ProblemNote } from "./parts/messages.js";
import { useRoute } from "./route.js";
import { currentSession, endSession } from "./session.js";
import { SignIn } from "./sign-in.js";
import { StockPage } from "./stock/page.js";
import { TasksPage } from "./tasks/page.js";
import { Toast, TopBar } from "./top-bar.js";
import { html, render, useMemo, useState } from "./view.js";

const NOT_ACCEPTED = { message: "The server did not accept this sign-in. Please sign in again." };

function Signed({ config, onSignedOut }) {
  const route = useRoute();
  const [said, say] = useState(null);
  const api = useMemo(() => openApi(config, () => onSignedOut(NOT_ACCEPTED)), []);
  const shared = useMemo(() => ({ api, config, say: (text) => say({ text }) }), []);
  const signOut = () => {
    onSignedOut(null);
    if (config.cognito) leave(config.cognito);
  };
  return html`<${Console.Provider} value=${shared}>
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${TopBar} view=${route.view} onSignOut=${signOut} />
    <main id="main" tabindex="-1">
      <${Boundary} key=${`${route.view} ${route.id}`}><${View} route=${route} /><//>
    </main>
    <${Toast} said=${said} />
  <//>`;
}

function View({ route }) {
  if (route.view === "tasks") return html`<${TasksPage} query=${route.query} />`;
  if (route.view === "stock") return html`<${StockPage} query=${route.query} />`;
  if (route.id) return html`<${OrderPage} key=${route.id} orderId=${route.id} />`;
  return html`<${OrdersPage} query=${route.query} />`;
}

/** The address after `#` is the route, so the skip link moves the focus itself. */
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function App({ config, firstProblem }) {
  const [signedIn, setSignedIn] = useState(Boolean(currentSession()));
  const [problem, setProblem] = useState(firstProblem);
  const signOut = (why) => {
    endSession();
    setProblem(why);
    setSignedIn(false);
  };
  if (signedIn) return html`<${Signed} config=${config} onSignedOut=${signOut} />`;
  return html`<${SignIn} config=${config} problem=${problem} onSignedIn=${() => setSignedIn(true)} />`;
}

const place = document.getElementById("console");
try {
  const config = await loadConfig();
  const firstProblem = await finishSignIn(config.cognito).then(() => null, (problem) => problem);
  place.replaceChildren();
  render(html`<${App} config=${config} firstProblem=${firstProblem} />`, place);
} catch (problem) {
  place.replaceChildren();
  render(html`<main class="sign-in"><${ProblemNote} problem=${problem} /></main>`, place);
}
