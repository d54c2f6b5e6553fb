/** How much audio is read at once: beyond, a file is a mistake or an attack. */

export const MAX_SECONDS = 3600;

/** Refuses audio of more than `max` seconds (default an hour). */
export function checkSeconds(name: string, seconds: number, max = MAX_SECONDS): void {
  if (seconds > max) throw tooLong(name, max);
}

export const tooLong = (name: string, max = MAX_SECONDS): Error =>
  new Error(`${name}: the audio is longer than ${max} s; cut it, or raise maxSeconds`);
