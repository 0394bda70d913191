import { Component, html } from "../view.js";
import { ProblemNote } from "./messages.js";

const UNEXPECTED = { message: "This view could not be drawn: an answer was not as expected." };

/** Keeps a fault in one view from taking the whole console with it. */
export class Boundary extends Component {
  componentDidCatch(fault) {
    console.error(fault);
    this.setState({ fault });
  }

  render({ children }, { fault }) {
    if (!fault) return children;
    const again = () => this.setState({ fault: null });
    return html`<${ProblemNote} problem=${UNEXPECTED}>
      <button type="button" onClick=${again}>Try again</button><//>`;
  }
}
