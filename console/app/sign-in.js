import { beginSignIn } from "./cognito.js";
import { ProblemNote } from "./parts/messages.js";
import { startSession } from "./session.js";
import { html, useState } from "./view.js";

/** Asks for a token, or leads to Cognito. `problem` is why the last session ended, if it did. */
export function SignIn({ config, problem, onSignedIn }) {
  const [token, setToken] = useState(config.local_token_hint ?? "");
  const enter = (event) => {
    event.preventDefault();
    startSession({ token: token.trim() });
    onSignedIn();
  };
  const hint = config.local_token_hint && html`<p class="quiet">This is the local stack: its token is filled in.</p>`;
  return html`<main class="sign-in">
    <form class="card" onSubmit=${enter}>
      <h1>Order console</h1>
      <p>Sign in to see orders, tasks and stock.</p>
      <${ProblemNote} problem=${problem} />
      ${config.cognito && html`<button type="button" class="primary wide" onClick=${() => beginSignIn(config.cognito)}>
        Sign in with your work account</button><p class="or">or</p>`}
      <div class="field">
        <label for="token">Operations token</label>
        <input id="token" required autocomplete="off" spellcheck=${false} value=${token}
          onInput=${(event) => setToken(event.target.value)} />
      </div>
      ${hint}
      <button class=${config.cognito ? "wide" : "primary wide"}>Sign in</button>
    </form>
  </main>`;
}
