/**
 * Colours of runs, after Okabe and Ito: told apart by colour-blind readers, and at least 3:1 against
 * the page in light and in dark. Lines differ in their dashes, too.
 */

export interface LineStyle {
  readonly light: string;
  readonly dark: string;
  /** Pixels drawn and left out; none for a whole line. */
  readonly dash: string;
}

export const lineStyles: readonly LineStyle[] = [
  { light: "#0064b5", dark: "#5cb8ff", dash: "" },
  { light: "#c94f00", dark: "#ff9a52", dash: "" },
  { light: "#007d5f", dark: "#2fd6a3", dash: "" },
  { light: "#a8337f", dark: "#f29bd0", dash: "" },
  { light: "#7a6200", dark: "#f2d34f", dash: "6 3" },
  { light: "#3d3f9e", dark: "#a9a6ff", dash: "6 3" },
  { light: "#3c4048", dark: "#e4e7ee", dash: "2 3" },
  { light: "#8f1d1d", dark: "#ff8a8a", dash: "2 3" },
];

/** For a style attribute: --colour is the run's colour in either scheme. */
export const colourOf = ({ light, dark }: LineStyle): { readonly "--colour": string } => ({
  "--colour": `light-dark(${light}, ${dark})`,
});
