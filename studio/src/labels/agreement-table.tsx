/** How far raters agree so far; folded away, so that nobody labels towards it. */

import { judgements } from "../../../src/evaluate/sage/axes.ts";
import type { Agreement } from "./api.ts";

const measures = [
  ["accuracy", "agree"],
  ["kappa", "kappa"],
  ["ac1", "AC1"],
] as const;

export function AgreementTable({ rows }: { readonly rows: readonly Agreement[] }) {
  return (
    <details class="agreement">
      <summary>Agreement so far</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">raters</th>
              <th scope="col">variants</th>
              <th scope="col">measure</th>
              {judgements.map((judgement) => (
                <th key={judgement} scope="col">
                  {judgement}
                </th>
              ))}
            </tr>
          </thead>
          {rows.map(({ reference, other, variants, of }) => (
            <tbody key={`${reference} ${other}`}>
              {measures.map(([name, title], i) => (
                <tr key={name}>
                  {i === 0 && (
                    <th scope="rowgroup" rowSpan={measures.length}>
                      {other} against {reference}
                    </th>
                  )}
                  {i === 0 && <td rowSpan={measures.length}>{variants}</td>}
                  <th scope="row">{title}</th>
                  {judgements.map((judgement) => (
                    <td key={judgement}>{of[judgement]?.[name]?.toFixed(2) ?? "-"}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      <p class="note">
        Of few variants this says little: <code>onefold sage agreement</code> gives intervals.
      </p>
    </details>
  );
}
