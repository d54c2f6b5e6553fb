/** The cheapest way to pair rows with columns (Hungarian method, Kuhn 1955; Jonker's potentials). */

/**
 * @param costs [rows][columns], with at least as many columns as rows
 * @returns the column of each row
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  // Rows and columns count from 1; column 0 holds the row that is being placed.
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const slack = new Float64Array(columns + 1).fill(Infinity);
    const from = new Int32Array(columns + 1);
    const isDone = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    while (rowOf[column] !== 0) {
      isDone[column] = 1;
      const current = rowOf[column]!;
      let [best, next] = [Infinity, 0];
      for (let j = 1; j <= columns; j++) {
        if (isDone[j]) continue;
        const cost = costs[current - 1]![j - 1]! - rowPrice[current]! - columnPrice[j]!;
        if (cost < slack[j]!) [slack[j], from[j]] = [cost, column];
        if (slack[j]! < best) [best, next] = [slack[j]!, j];
      }
      for (let j = 0; j <= columns; j++) {
        if (isDone[j]) {
          rowPrice[rowOf[j]!]! += best;
          columnPrice[j]! -= best;
        } else slack[j]! -= best;
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[from[column]!]!;
      column = from[column]!;
    }
  }
  const found = new Array<number>(rows).fill(-1);
  for (let j = 1; j <= columns; j++) if (rowOf[j]! > 0) found[rowOf[j]! - 1] = j - 1;
  return found;
}
