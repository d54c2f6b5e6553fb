/** An answer token by token: each shaded by doubt, its alternatives beside the pointer. */

import { useId, useRef, useState } from "preact/hooks";
import type { TokenInfo } from "./conversation.ts";
import { formatPercent } from "./format.ts";

interface Place {
  readonly index: number;
  /** Of the token, in pixels from the corner of the text. */
  readonly left: number;
  readonly top: number;
  readonly height: number;
  /** There is no room below it. */
  readonly isLow: boolean;
}

/** Pixels that the alternatives of a token take. */
const ROOM = 190;

/** Pointing, tapping, or the arrow keys choose a token. */
export function Tokens({ tokens }: { readonly tokens: readonly TokenInfo[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>();
  const id = useId();
  const show = (index: number): void => {
    const span = box.current?.children[index];
    if (!(span instanceof HTMLElement) || span.dataset.token === undefined) return;
    const { offsetLeft: left, offsetTop: top, offsetHeight: height } = span;
    const end = span.closest(".turns")?.getBoundingClientRect().bottom ?? innerHeight;
    const isLow = end - span.getBoundingClientRect().bottom < ROOM;
    setPlace({ index, left, top, height, isLow });
  };
  const onPoint = ({ target }: Event): void => {
    const index = target instanceof HTMLElement ? target.dataset.token : undefined;
    if (index !== undefined) show(Number(index));
  };
  const step = (by: number): void =>
    show(Math.min(Math.max((place?.index ?? -1) + by, 0), tokens.length - 1));
  const chosen = place && tokens[place.index];
  return (
    <div class="tokens" onPointerLeave={() => setPlace(undefined)}>
      <div
        ref={box}
        class="line"
        tabIndex={0}
        role="listbox"
        aria-label="Tokens; the arrow keys show how likely each was"
        aria-activedescendant={place && `${id}-${place.index}`}
        onPointerOver={onPoint}
        onClick={onPoint}
        onBlur={() => setPlace(undefined)}
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          step(by);
        }}
      >
        {tokens.map((token, i) => (
          <span
            key={i}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === place?.index}
            data-token={i}
            style={{ "--doubt": (1 - Math.exp(token.logprob)).toFixed(3) }}
          >
            {token.text}
          </span>
        ))}
      </div>
      {chosen && place && <Alternatives token={chosen} place={place} />}
    </div>
  );
}

function Alternatives({ token, place }: { readonly token: TokenInfo; readonly place: Place }) {
  const isListed = token.top.some(({ text }) => text === token.text);
  const rows = isListed ? token.top : [token, ...token.top];
  const { left, top, height, isLow } = place;
  const style = { "--left": `${left}px`, "--top": `${isLow ? top : top + height}px` };
  return (
    <div
      class={isLow ? "alternatives low" : "alternatives"}
      role="status"
      aria-label="Probabilities"
      style={style}
    >
      {rows.map(({ text, logprob }, i) => (
        <div key={i} class={text === token.text ? "row taken" : "row"}>
          <code class="said">{visible(text)}</code>
          <span class="meter" style={{ "--part": Math.exp(logprob).toFixed(4) }} />
          <span class="number">{formatPercent(logprob)}</span>
        </div>
      ))}
    </div>
  );
}

/** Spaces and line ends as signs. */
const visible = (text: string): string =>
  text === "" ? "(part of a character)" : text.replaceAll(" ", "␣").replaceAll("\n", "↵");
