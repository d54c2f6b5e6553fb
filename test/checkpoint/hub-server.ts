/** A small hub on 127.0.0.1: listing, resolve with ranges, LFS on a second origin, faults. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface HubOptions {
  /** Path to contents. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** Paths stored with LFS: served from another origin after a redirect. */
  readonly lfs?: readonly string[];
  /** A token that every request to the hub itself must carry. */
  readonly token?: string;
  /** Bytes after which the connection is dropped, one entry a download of a big file. */
  readonly drops?: number[];
  /** Contents that are sent instead of the listed ones. */
  readonly lies?: Readonly<Record<string, Buffer>>;
  /** Serve whole files whatever range is asked for. */
  readonly ignoreRanges?: boolean;
  /** Answer everything with this status. */
  readonly status?: number;
}

export interface TestHub {
  readonly endpoint: string;
  readonly requests: { method: string; url: string; range?: string; authorization?: string }[];
}

const hex = (algorithm: string, ...parts: (string | Buffer)[]): string => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

const gitHash = (data: Buffer): string => hex("sha1", `blob ${data.length}\0`, data);

/** Name of a file's blob in the cache. */
export const blobName = (data: Buffer, lfs = false): string =>
  lfs ? hex("sha256", data) : gitHash(data);

export async function startHub(options: HubOptions): Promise<TestHub> {
  const requests: TestHub["requests"] = [];
  const record = ({ method = "", url = "", headers }: IncomingMessage) => {
    requests.push({ method, url, range: headers.range, authorization: headers.authorization });
  };
  const bodies = { ...options.files, ...options.lies };
  const drops = [...(options.drops ?? [])];

  const send = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    const data = bodies[path];
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const probe = request.headers.range === "bytes=0-0";
    const etag = `"${blobName(options.files[path], options.lfs?.includes(path))}"`;
    let start = 0;
    let end = data.length;
    if (match && (probe || !options.ignoreRanges)) {
      start = Number(match[1]);
      end = match[2] === "" ? data.length : Math.min(data.length, Number(match[2]) + 1);
      response.writeHead(206, {
        etag,
        "content-range": `bytes ${start}-${end - 1}/${data.length}`,
        "content-length": end - start,
      });
    } else {
      response.writeHead(200, { etag, "content-length": data.length });
    }
    const drop = probe || data.length < 10_000 ? undefined : drops.shift();
    if (drop === undefined) {
      response.end(data.subarray(start, end));
      return;
    }
    response.write(data.subarray(start, start + drop), () => {
      // Let the bytes leave before the connection breaks.
      setTimeout(() => response.destroy(), 50);
    });
  };

  const storage = await listen((request, response) => {
    record(request);
    send(request, response, decodeURIComponent((request.url ?? "").slice(1)));
  });

  const hub = await listen((request, response) => {
    record(request);
    const url = request.url ?? "";
    const fail = (status: number) => response.writeHead(status).end("{}");
    if (options.status) return fail(options.status);
    if (options.token && request.headers.authorization !== `Bearer ${options.token}`) {
      return fail(401);
    }
    const json = (value: unknown) => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (url.startsWith("/api/models/org/tiny/revision/main")) {
      return json({ _id: "1", id: "org/tiny", sha: COMMIT });
    }
    if (url.startsWith(`/api/models/org/tiny/tree/${COMMIT}`)) {
      return json(
        Object.entries(options.files).map(([path, data]) => ({
          type: "file",
          path,
          size: data.length,
          oid: gitHash(data),
          ...(options.lfs?.includes(path)
            ? { lfs: { oid: hex("sha256", data), size: data.length, pointerSize: 130 } }
            : {}),
        })),
      );
    }
    const path = decodeURIComponent(url.split(`/org/tiny/resolve/${COMMIT}/`)[1] ?? "");
    if (!Object.hasOwn(bodies, path)) return fail(404);
    if (!options.lfs?.includes(path)) return send(request, response, path);
    response
      .writeHead(302, {
        location: `${storage}/${path}`,
        "x-linked-etag": `"${hex("sha256", options.files[path])}"`,
        "x-linked-size": options.files[path].length,
        "x-repo-commit": COMMIT,
      })
      .end();
  });
  return { endpoint: hub, requests };
}

function listen(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer((request, response) => {
    handle(request, response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
