/** A sitting: the file, who judges, the variant that is judged, and what was judged before it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type Judging, type JudgingKey, pressKey } from "../../../src/evaluate/sage/judging.ts";
import {
  listFiles,
  type OpenedFile,
  openFile,
  readVariant,
  type ShownVariant,
  saveLabel,
  type VariantFiles,
} from "./api.ts";
import { labelledBy, nextOpen } from "./order.ts";

const NAME = "onefold-annotator";
const SHOWN = "onefold-show-answers";

/** @param file as /labels lists it; "": none is chosen */
export function useLabels(file: string) {
  const [files, setFiles] = useState<VariantFiles>();
  const [opened, setOpened] = useState<OpenedFile>();
  const [variant, setVariant] = useState<ShownVariant>();
  const [judging, setJudging] = useState<Judging>();
  const [note, setNote] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [annotator, setAnnotator] = useState(() => localStorage.getItem(NAME) ?? "");
  const [showsAnswers, setShowsAnswers] = useState(() => localStorage.getItem(SHOWN) === "1");
  /** Judged in this sitting, the last one last. */
  const history = useRef<string[]>([]);
  const started = useRef(0);
  const isBusy = useRef(false);

  const latestFile = useRef(file);
  latestFile.current = file;

  const tell = (error: Error): void => setProblem(error.message);
  /** One thing at a time; what fails is told, and changes nothing. */
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      await work();
      setProblem(undefined);
    } catch (error) {
      tell(error as Error);
    } finally {
      isBusy.current = false;
    }
  };
  const show = async (from: OpenedFile, id: string | undefined): Promise<void> => {
    const found = id === undefined ? undefined : await readVariant(from.file, id);
    if (latestFile.current !== from.file) return; // another was chosen meanwhile
    setVariant(found);
    setJudging({ given: [], isAnswerShown: showsAnswers });
    setNote(undefined);
    started.current = performance.now();
  };
  useEffect(() => {
    listFiles().then(setFiles).catch(tell);
  }, []);
  useEffect(() => {
    setOpened(undefined);
    setVariant(undefined);
    history.current = [];
    if (file === "") return;
    const open = async (): Promise<void> => {
      const found = await openFile(file);
      if (latestFile.current !== file) return;
      setOpened(found);
      setProblem(undefined);
      await show(found, nextOpen(found.variants, labelledBy(found, annotator)));
    };
    open().catch((error: Error) => latestFile.current === file && tell(error));
  }, [file]);

  const rename = (name: string): void => {
    setAnnotator(name);
    localStorage.setItem(NAME, name);
    history.current = [];
    if (opened) {
      void attempt(() => show(opened, nextOpen(opened.variants, labelledBy(opened, name))));
    }
  };
  const setShown = (isShown: boolean): void => {
    setShowsAnswers(isShown);
    localStorage.setItem(SHOWN, isShown ? "1" : "0");
    if (judging) setJudging({ ...judging, isAnswerShown: isShown });
  };
  const skip = (): Promise<void> =>
    attempt(async () => {
      if (!opened) return;
      await show(opened, nextOpen(opened.variants, labelledBy(opened, annotator), variant?.id));
    });
  const back = (): Promise<void> =>
    attempt(async () => {
      const last = history.current.at(-1);
      if (!opened || last === undefined) return;
      await show(opened, last);
      history.current.pop();
    });
  const press = (key: JudgingKey): void => {
    if (!opened || !variant || !judging || isBusy.current) {
      if (key === "u") void back(); // behind the last variant
      return;
    }
    if (annotator === "") {
      setNote("Say who you are first.");
      return;
    }
    const next = pressKey(judging, key);
    if (next.state === "back") void back();
    if (next.state === "asking") {
      setJudging(next.judging);
      setNote(next.note);
    }
    if (next.state !== "judged") return;
    void attempt(async () => {
      const { id } = variant;
      const seconds = (performance.now() - started.current) / 1000;
      const label = { id, annotator: annotator, labels: next.labels, seconds };
      const progress = { ...opened, ...(await saveLabel(opened.file, label)) };
      history.current.push(id);
      setOpened(progress);
      await show(progress, nextOpen(progress.variants, labelledBy(progress, annotator), id));
    });
  };
  return {
    files,
    opened,
    variant,
    judging,
    note,
    problem,
    annotator,
    rename,
    showsAnswers,
    setShown,
    press,
    skip,
  };
}

export type Sitting = ReturnType<typeof useLabels>;
