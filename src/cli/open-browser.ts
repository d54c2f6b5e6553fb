/** Shows a page in the desktop's browser, where there is a desktop. */

import { spawn } from "node:child_process";

/**
 * The program that opens an address, and what it is told before the address.
 *
 * @returns undefined where nobody would see the page: no display, a remote shell, CI, BROWSER=none
 */
export function browserCommand(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly [program: string, ...args: string[]] | undefined {
  if (env.CI || env.BROWSER === "none" || env.SSH_CONNECTION || env.SSH_TTY) return undefined;
  if (platform === "darwin") return ["open"];
  // `start` takes its first argument in quotes for a window's title.
  if (platform === "win32") return ["cmd", "/d", "/c", "start", '""'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}

/** Opens `url` and does not wait. What goes wrong is nobody's problem: the address is printed. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): void {
  const command = browserCommand(process.platform, env);
  if (!command) return;
  const [program, ...args] = command;
  const child = spawn(program, [...args, url], { detached: true, stdio: "ignore", env });
  child.on("error", () => {});
  child.unref();
}
