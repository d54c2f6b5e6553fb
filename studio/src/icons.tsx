/** Line icons on a grid of 20, drawn in the colour of the text around them. */

const paths = {
  plus: "M10 4v12M4 10h12",
  gauge: "M3 14a7 7 0 1 1 14 0M10 14l3.2-4.6",
  sliders: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
  keys: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7",
  send: "M10 16V4M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  attach:
    "M15.500 9.500l-5.700 5.700a3.500 3.500 0 0 1-5-5l6-6a2.300 2.300 0 0 1 3.300 3.300l-6 6a1.100 1.100 0 0 1-1.600-1.600l5.500-5.500",
  again: "M15.5 8A6 6 0 1 0 16 11M16 4v4h-4",
  edit: "M4 16l.8-3.4L13.5 4 16 6.5 7.4 15.2zM12 5.5L14.5 8",
  copy: "M7.5 7.5h8v8h-8zM4.5 12.5v-8h8",
  close: "M5 5l10 10M15 5L5 15",
  down: "M10 4v12M5 11l5 5 5-5",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  bulb: "M7.5 14.5h5M8.5 17h3M7.5 14.5c0-2-2-2.7-2-5.5a4.5 4.5 0 0 1 9 0c0 2.800-2 3.500-2 5.500",
  curve: "M3 3v14h14M5.5 13c2.500 0 2.500-7 5-7s2 5 4 5 1.500-2 2-3",
  tasks:
    "M2.500 4h5v5h-5zM2.500 12.500h5v4h-5zM12.500 8h5v5h-5zM7.500 6.500h2.500v8H7.500M10 10.500h2.500",
  chart: "M4 16V9M8 16V5M12 16v-5M16 16V8",
  play: "M6 4l10 6-10 6z",
  report: "M5 2.500h7l3 3v12H5zM12 2.500v3h3M7.500 9.500h5M7.500 12h5M7.500 14.500h3",
  labels: "M3 10.500l3 3 5-6M10.500 12l1.500 1.500 5-6",
  tool: "M12.500 3.500a4 4 0 0 0-3.800 5.300L3.500 14 6 16.500l5.200-5.200a4 4 0 0 0 5.300-3.800L14 9.800 10.500 9.500 10.200 6z",
} as const;

export function Icon({ name }: { readonly name: keyof typeof paths }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark of onefold: a strip, folded once. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path class="back" d="M6 27V5l20 22V5" />
      <path class="front" d="M6 27V5l20 22" />
    </svg>
  );
}
