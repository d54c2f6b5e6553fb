/** Phones of the words that are spoken here, so that tests and text-to-speech need no espeak-ng. */

/** As espeak-ng 1.51 says them with the voice en-us, each word alone. */
const PHONES: Readonly<Record<string, string>> = {
  zero: "z ˈiə ɹ oʊ",
  one: "w ˈʌ n",
  two: "t ˈuː",
  three: "θ ɹ ˈiː",
  four: "f ˈoːɹ",
  five: "f ˈaɪ v",
  six: "s ˈɪ k s",
  seven: "s ˈɛ v ə n",
  eight: "ˈeɪ t",
  nine: "n ˈaɪ n",
  go: "ɡ ˈoʊ",
  stop: "s t ˈɑː p",
  left: "l ˈɛ f t",
  right: "ɹ ˈaɪ t",
  up: "ˈʌ p",
  down: "d ˈaʊ n",
  yes: "j ˈɛ s",
  no: "n ˈoʊ",
  on: "ˈɔ n",
  off: "ˈɔ f",
  turn: "t ˈɜː n",
  look: "l ˈʊ k",
  open: "ˈoʊ p ə n",
  close: "k l ˈoʊ s",
  start: "s t ˈɑːɹ t",
  the: "ð ˈə",
  light: "l ˈaɪ t",
  radio: "ɹ ˈeɪ d ɪ ˌoʊ",
  fan: "f ˈæ n",
  heater: "h ˈiː ɾ ɚ",
  door: "d ˈoːɹ",
  window: "w ˈɪ n d oʊ",
  gate: "ɡ ˈeɪ t",
  music: "m j ˈuː z ɪ k",
  car: "k ˈɑːɹ",
  timer: "t ˈaɪ m ɚ",
  play: "p l ˈeɪ",
  pause: "p ˈɔː z",
};

/** Every phone of `spellPhones`: the symbols of a PHONE slot. */
export const PHONE_SYMBOLS: readonly string[] = [
  ...new Set(Object.values(PHONES).flatMap((phones) => phones.split(" "))),
].sort();

/**
 * The phones of a text, with spaces between.
 *
 * @throws if a word is none of those that are spoken here
 * @example
 * spellPhones("go left"); // "ɡ ˈoʊ l ˈɛ f t"
 */
export function spellPhones(text: string): string {
  return text
    .split(" ")
    .map((word) => {
      const phones = PHONES[word];
      if (phones !== undefined) return phones;
      throw new Error(`spellPhones: no phones for "${word}"; expected digits and commands`);
    })
    .join(" ");
}
