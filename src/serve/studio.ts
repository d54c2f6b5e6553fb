/** The studio's page: the files of a built folder, read once, and nothing else. */

import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { pageScriptHash } from "../evaluate/report/page.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The page loads nothing from elsewhere and talks to nobody else, whatever a model writes. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' ${pageScriptHash}`, // of reports, in a frame that this policy holds for too
  "style-src 'self' 'unsafe-inline'", // a token's shade is an inline style
  "img-src 'self' data: blob:", // blob: a file that was dropped
  "media-src data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The response for a path, undefined where the studio has no such file. */
export type Studio = (pathname: string) => Response | undefined;

/**
 * Reads a built studio into memory.
 *
 * @param folder `dist/studio`
 * @throws Error where there is no built page
 */
export async function readStudio(folder: string): Promise<Studio> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; type: string }>();
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `/${relative(folder, path).replaceAll("\\", "/")}`;
    files.set(name, { bytes: new Uint8Array(await readFile(path)), type });
  }
  const page = files.get("/index.html");
  if (!page) throw new Error(`${folder}: no index.html; build the studio with \`npm run studio\``);
  files.set("/", page);
  return (pathname) => {
    const file = files.get(pathname);
    if (!file) return undefined;
    // Built assets carry a hash of their content in their names.
    const isAsset = pathname.startsWith("/assets/");
    return new Response(file.bytes, {
      headers: {
        "content-type": file.type,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
      },
    });
  };
}
