/** What all charts are made of: SVG text that reads well on light and dark pages. */

export const escapeXml = (value: string): string =>
  value.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export const text = (
  x: number | string,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end",
): string => `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

interface Page {
  readonly width: number;
  readonly height: number;
  /** Where the title starts. */
  readonly left: number;
  readonly title: string;
}

export const svg = ({ width, height, left, title }: Page, content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">` +
  "<style>text{font:11px system-ui,sans-serif;fill:#555}.title{font-size:13px;font-weight:600;fill:#333}" +
  ".grid{stroke:#8884;fill:none}.ink{stroke:#333;stroke-width:1.5;fill:none}.dot{fill:#333;fill-opacity:.7}" +
  "@media(prefers-color-scheme:dark){text{fill:#aaa}.title{fill:#ddd}.ink{stroke:#ddd}.dot{fill:#ddd}}</style>" +
  `<text x="${left}" y="18" class="title">${escapeXml(title)}</text>${content}</svg>\n`;
