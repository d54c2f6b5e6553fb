/** Model-written markdown as HTML that can neither run scripts nor load anything. */

import DOMPurify from "dompurify";
import { Marked } from "marked";

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // A bar above the code names its language and copies it (see `copyCode`).
    code: ({ text, lang = "" }) =>
      `<div class="code"><div class="bar"><span>${escapeHtml(/^[\w+#.-]*/.exec(lang)![0])}</span>` +
      `<button type="button" data-copy>Copy</button></div><pre><code>${escapeHtml(text)}` +
      "</code></pre></div>",
  },
});

const clean = DOMPurify();
clean.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Images, frames, forms and styles are dropped: an answer must not cause a request. */
export const renderMarkdown = (text: string): string =>
  clean.sanitize(marked.parse(text, { async: false }), {
    FORBID_TAGS: ["img", "picture", "video", "audio", "iframe", "form", "input", "style", "svg"],
    FORBID_ATTR: ["style", "srcset", "src", "background", "id", "name"],
  });

/** Copies the code block whose button was pressed; for the whole page. */
export function copyCode(event: Event): void {
  const { target } = event;
  if (!(target instanceof HTMLButtonElement) || target.dataset.copy === undefined) return;
  const code = target.closest(".code")?.querySelector("code")?.textContent ?? "";
  void navigator.clipboard?.writeText(code).then(() => {
    target.textContent = "Copied";
    setTimeout(() => {
      target.textContent = "Copy";
    }, 1500);
  });
}
