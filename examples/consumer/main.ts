// A user's program: every sub-path resolves, and their main types hold together.
import { zeros } from "onefold";
import { fromValues, type NDArray, toValues } from "onefold/graph";

const array: NDArray = fromValues("f32", [2], [1, 2]);
console.log(toValues(array), zeros("f32", [2]).shape);
