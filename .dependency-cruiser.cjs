// Import boundaries. `npm run boundaries` checks them; test/house/boundaries.test.ts proves on a
// small tree of forbidden imports that each rule can fail.

/** An area may import itself and the areas before it. */
const areas = [
  "plot",
  "metrics",
  "graph",
  "runtime",
  "nn",
  "checkpoint",
  "media",
  "models",
  "generate",
  "train",
  "task",
  "evaluate",
  "cluster",
  "serve",
  "recipe",
  "cli",
];

const direction = areas.slice(0, -1).map((area, index) => ({
  name: `${area}-imports-down-only`,
  comment: `${area}/ may import ${areas.slice(0, index + 1).join(", ")} (ARCHITECTURE.md).`,
  severity: "error",
  from: { path: `^src/${area}/` },
  to: { path: `^src/((${areas.slice(index + 1).join("|")})/|index[.]ts$)` },
}));

/** A package that only some folders may import. */
const onlyIn = (name, packages, folders, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: "^(src|recipes|bench)/", pathNot: folders.map((folder) => `^src/${folder}/`) },
  to: { path: `node_modules/(${packages.join("|")})(/|$)` },
});

module.exports = {
  forbidden: [
    ...direction,
    {
      name: "no-cycles",
      comment: "Split the shared part out, or pass it in.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "src-stands-alone",
      comment: "The library must not need recipes, benchmarks, tests or scripts.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(recipes|bench|test|scripts|reference|examples)/" },
    },
    onlyIn(
      "engine-only-in-runtime",
      ["onnxruntime-node", "onnxruntime-web", "onnxruntime-common"],
      ["runtime"],
      "Everything else speaks the program format of graph/program.ts.",
    ),
    onlyIn(
      "koffi-only-at-the-border",
      ["koffi"],
      ["runtime", "checkpoint", "cluster"],
      "Foreign calls: the engine, memory maps, MPI.",
    ),
    onlyIn("commander-only-in-cli", ["commander"], ["cli"], "The library parses no arguments."),
    {
      name: "no-dev-dependencies",
      comment: "A published package lacks them: move it to dependencies or do without.",
      severity: "error",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        pathNot: "node_modules/@types/",
      },
    },
    {
      name: "resolvable",
      comment: "The import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: "swc", // TypeScript 7 has no JavaScript API for dependency-cruiser to call
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["node", "import", "types", "default"],
    },
  },
};
