/** Whether a path names a GGUF file: what reads one is loaded only then. */
export const isGguf = (path: string): boolean => /\.gguf$/i.test(path);
