// Node 20 workers do not take a TypeScript loader from their arguments: it is registered here.
import { register } from "tsx/esm/api";

register();
await import("./worker-child.ts");
