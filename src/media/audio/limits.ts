/** How much audio is read at once: beyond, a file is a mistake or an attack. */

const MAX_BYTES = 2 ** 30;
export const MAX_SECONDS = 3600;

/** Refuses files without content, and of more than `max` bytes (default 1 GiB). */
export function checkBytes(name: string, size: number, max = MAX_BYTES): void {
  if (size === 0) throw new Error(`${name}: the file is empty, expected audio`);
  if (size <= max) return;
  throw new Error(
    `${name}: the file has ${size} bytes, more than ${max}; cut it, or raise maxBytes`,
  );
}

/** Refuses audio of more than `max` seconds (default an hour). */
export function checkSeconds(name: string, seconds: number, max = MAX_SECONDS): void {
  if (seconds > max) throw tooLong(name, max);
}

export const tooLong = (name: string, max: number): Error =>
  new Error(`${name}: the audio is longer than ${max} s; cut it, or raise maxSeconds`);
