import { render } from "preact";
import { App } from "./app.tsx";
import { copyCode } from "./markdown.ts";
import "./theme.css";
import "./chat.css";
import "./panels.css";
import "./labels/labels.css";
import "./play/play.css";
import "./reports/reports.css";
import "./runs/runs.css";
import "./tasks/tasks.css";

document.addEventListener("click", copyCode);
render(<App />, document.getElementById("app")!);
