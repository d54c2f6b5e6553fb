/** The OpenAPI document, made of the schemas that requests are checked against. */

import { z } from "zod";
import { chatBody } from "./schemas/chat.ts";
import { completionBody } from "./schemas/completions.ts";
import { labelBody } from "./schemas/labels.ts";
import { playBody } from "./schemas/play.ts";
import { responseBody } from "./schemas/responses.ts";
import { explainBody, inferBody } from "./schemas/tasks.ts";
import { detokenizeBody, embeddingBody, rerankBody, tokenizeBody } from "./schemas/tokens.ts";

const bodies: Readonly<Record<string, readonly [summary: string, schema: z.ZodType]>> = {
  "/v1/chat/completions": ["Continue a conversation", chatBody],
  "/v1/completions": ["Continue a text, or fill in its middle", completionBody],
  "/v1/responses": ["Continue a conversation (OpenAI's newer form, stateless)", responseBody],
  "/v1/embeddings": ["Turn texts into vectors", embeddingBody],
  "/v1/rerank": ["Order documents by how well they answer a query", rerankBody],
  "/tokenize": ["Turn a text or a conversation into token ids", tokenizeBody],
  "/detokenize": ["Turn token ids into text", detokenizeBody],
  "/tasks/explain": ["What is done for an instruction, or what is wrong with it", explainBody],
  "/tasks/infer": ["Do a task over text, images, sound, video or motion", inferBody],
  "/labels": ["Keep a person's judgement of a variant", labelBody],
  "/play": ["A game of MTR-Bench as it stands after some replies", playBody],
};
const pages: Readonly<Record<string, string>> = {
  "/v1/models": "The models that are served",
  "/v1/models/{model}": "One of the models",
  "/tasks": "What a model takes and gives besides chat, with examples",
  "/health": "Whether the server takes requests",
  "/metrics": "Counts in Prometheus' text format",
  "/status": "Memory, slots and tokens of the server and its models",
  "/runs": "Training runs: state, last step, last loss",
  "/reports": "Runs of onefold eval: model, tasks, metrics",
  "/reports/page": "All items of a run, or those that changed since another, as a page",
  "/labels/file": "Variants of a file, who has judged which, and how far they agree",
  "/labels/variant": "A variant beside its source",
  "/openapi.json": "This document",
};
/** A run's name may hold slashes. */
const runParts: Readonly<Record<string, string>> = {
  metrics: "Curves of a training run, from where an earlier answer ended",
  evaluations: "Measures on held-out rows, likewise",
  samples: "Answers of the newest evaluations, or those that came since",
  settings: "The settings that the run's newest checkpoint keeps",
};
const parameter = (name: string, where: "path" | "query", description: string) => ({
  name,
  in: where,
  required: where === "path",
  description,
  schema: { type: "string" },
});

/** Routes that also take a form, whose fields beside these are the slots of the instruction. */
const forms: Readonly<Record<string, object>> = {
  "/tasks/infer": {
    type: "object",
    required: ["instruction"],
    properties: {
      model: { type: "string" },
      instruction: { type: "string" },
      options: { type: "string", contentMediaType: "application/json" },
    },
    additionalProperties: { type: "string" },
  },
};

/** What a route answers with, JSON unless told otherwise. */
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  "/v1/chat/completions": ["application/json", "text/event-stream"],
  "/v1/completions": ["application/json", "text/event-stream"],
  "/v1/responses": ["application/json", "text/event-stream"],
  "/metrics": ["text/plain"],
  "/reports/page": ["text/html"],
};

/** A name for generated clients: "/v1/chat/completions" is postV1ChatCompletions. */
const operationId = (method: string, path: string): string =>
  method +
  Array.from(path.matchAll(/[a-z0-9]+/gi), ([word]) => word[0]!.toUpperCase() + word.slice(1)).join(
    "",
  );

export function openApi(): object {
  const failed = { $ref: "#/components/responses/Error" };
  const responsesOf = (path: string) => {
    const types = mediaTypes[path] ?? ["application/json"];
    const content = Object.fromEntries(types.map((type) => [type, {}]));
    return { 200: { description: "The answer", content }, default: failed };
  };
  const posts = Object.entries(bodies).map(([path, [summary, schema]]) => [
    path,
    {
      post: {
        operationId: operationId("post", path),
        summary,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
            },
            ...(forms[path] && { "multipart/form-data": { schema: forms[path] } }),
          },
        },
        responses: responsesOf(path),
      },
    },
  ]);
  const modelName = parameter("model", "path", "As /v1/models lists it");
  const variantFile = parameter("file", "query", "As /labels lists it");
  const queries: Readonly<Record<string, readonly object[]>> = {
    "/tasks": [parameter("model", "query", "As /v1/models lists it (default: the first)")],
    "/reports/page": [
      parameter("run", "query", "As /reports lists it"),
      parameter("against", "query", "Another run: what differs from it is the answer"),
    ],
    "/labels/file": [variantFile],
    "/labels/variant": [variantFile, parameter("id", "query", "As /labels/file lists it")],
  };
  const gets = Object.entries(pages).map(([path, summary]) => [
    path,
    {
      get: {
        operationId: operationId("get", path),
        summary,
        ...(path.endsWith("{model}") ? { parameters: [modelName] } : {}),
        ...(queries[path] ? { parameters: queries[path] } : {}),
        responses: responsesOf(path),
      },
    },
  ]);
  const runName = parameter("name", "path", "As /runs lists it");
  const after = parameter("after", "query", "The next of an earlier answer (default: beginning)");
  const runs = Object.entries(runParts).map(([part, summary]) => {
    const parameters = part === "settings" ? [runName] : [runName, after];
    const path = `/runs/{name}/${part}`;
    const get = {
      operationId: operationId("get", path),
      summary,
      parameters,
      responses: responsesOf(path),
    };
    return [path, { get }];
  });
  return {
    openapi: "3.1.0",
    info: { title: "onefold", version: "1", description: "OpenAI's HTTP API over local models." },
    security: [{}, { key: [] }],
    paths: Object.fromEntries([...posts, ...gets, ...runs]),
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      responses: {
        Error: {
          description: "What went wrong, in one sentence",
          content: {
            "application/json": {
              schema: {
                type: "object",
                required: ["error"],
                properties: {
                  error: {
                    type: "object",
                    required: ["message", "type", "param", "code"],
                    properties: {
                      message: { type: "string" },
                      type: { type: "string" },
                      param: { type: ["string", "null"] },
                      code: { type: ["string", "null"] },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}
