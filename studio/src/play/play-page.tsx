/** Games of MTR-Bench, played by a person: the same text and monitor that models meet. */

import { useEffect, useState } from "preact/hooks";
import { askGame, listGames } from "./api.ts";
import { asCommand, endText, type Game, type GameKey, type GameKind, levels } from "./game.ts";

export function PlayPage() {
  const [kinds, setKinds] = useState<readonly GameKind[]>([]);
  const [key, setKey] = useState<GameKey>({ task: "MinMax", level: "easy", seed: 1 });
  const [game, setGame] = useState<Game>();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const start = (next: GameKey): void => {
    setKey(next);
    setText("");
    void attempt(async () => setGame(await askGame(next, [])));
  };
  useEffect(() => {
    void attempt(async () => setKinds(await listGames()));
    start(key);
  }, []);
  const say = (): void => {
    if (!game || text.trim() === "") return;
    const replies = [...game.turns.map(({ reply }) => reply), asCommand(text, game.verbs)];
    void attempt(async () => {
      setGame(await askGame(key, replies));
      setText("");
    });
  };
  const kind = kinds.find(({ name }) => name === key.task);
  return (
    <main class="play">
      <form class="choice" onSubmit={(event) => event.preventDefault()}>
        <select
          aria-label="Game"
          value={key.task}
          onChange={(event) => start({ ...key, task: event.currentTarget.value })}
        >
          {kinds.map(({ name, class: group, goal }) => (
            <option key={name} value={name} title={goal}>
              {group} {name}
            </option>
          ))}
        </select>
        <select
          aria-label="Level"
          value={key.level}
          onChange={(event) => {
            const level = levels.find((each) => each === event.currentTarget.value);
            if (level) start({ ...key, level });
          }}
        >
          {levels.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </select>
        <button type="button" onClick={() => start({ ...key, seed: key.seed + 1 })}>
          Another one
        </button>
        <button type="button" onClick={() => start(key)}>
          From the start
        </button>
      </form>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {game && (
        <>
          <pre>{game.prompt}</pre>
          <ol aria-live="polite">
            {game.turns.map(({ reply, feedback, is_invalid }, i) => (
              <li key={i} class={is_invalid ? "invalid" : undefined}>
                <code>{reply}</code>
                <pre>{feedback}</pre>
              </li>
            ))}
          </ol>
          {game.status === "live" ? (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                say();
              }}
            >
              <input
                aria-label="Your command"
                placeholder={`${game.verbs[0]}: …`}
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
              />
              <button type="submit">
                Turn {game.turns.length + 1} of {game.budget}
              </button>
            </form>
          ) : (
            <p role="status">
              {endText(game)} {kind && `Bound: ${kind.bound}.`}
            </p>
          )}
        </>
      )}
    </main>
  );
}
