/** Files inside JSON: data: URLs in base64. */

import { HttpError } from "../errors.ts";

/**
 * @param param the key of the request, for errors
 * @throws HttpError 400 for anything else, addresses of files elsewhere among it: none is fetched
 */
export function readDataUrl(text: string, param: string): Uint8Array {
  const refuse = (problem: string): never => {
    throw new HttpError(400, `${param}: ${problem}`, { param });
  };
  const comma = text.indexOf(",");
  const head = text.slice(0, Math.max(0, Math.min(comma, 200)));
  if (!/^data:[^,]*;base64$/i.test(head)) {
    return refuse(
      /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
        ? "this server fetches nothing from elsewhere; send the file itself as a data: URL"
        : "expected a file as data:TYPE;base64,… (or send the request as multipart/form-data)",
    );
  }
  const body = text.slice(comma + 1);
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(body)) return refuse("the data: URL is not valid base64");
  return new Uint8Array(Buffer.from(body, "base64"));
}

/** @example dataUrl("image/png", await encodePng(image)) */
export const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}`;
