/** Model-written markdown as HTML that can neither run scripts nor load anything. */

import DOMPurify from "dompurify";
import { marked } from "marked";

const clean = DOMPurify();
clean.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Images, frames, forms and styles are dropped: an answer must not cause a request. */
export const renderMarkdown = (text: string): string =>
  clean.sanitize(marked.parse(text, { async: false, gfm: true, breaks: true }), {
    FORBID_TAGS: ["img", "picture", "video", "audio", "iframe", "form", "input", "style", "svg"],
    FORBID_ATTR: ["style", "srcset", "src", "background"],
  });
