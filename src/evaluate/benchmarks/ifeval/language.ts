/**
 * Which language an answer is in: by its letters, and where several languages share them, by their
 * commonest words and letters of their own. (The published code asks langdetect, which draws at random.)
 */

/** Languages with letters that no other language of the data set has. */
const scripts: Readonly<Record<string, RegExp>> = {
  ko: /\p{Script=Hangul}/gu,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  zh: /\p{Script=Han}/gu,
  th: /\p{Script=Thai}/gu,
  kn: /\p{Script=Kannada}/gu,
  te: /\p{Script=Telugu}/gu,
  ta: /\p{Script=Tamil}/gu,
  ml: /\p{Script=Malayalam}/gu,
  pa: /\p{Script=Gurmukhi}/gu,
  gu: /\p{Script=Gujarati}/gu,
  bn: /\p{Script=Bengali}/gu,
  el: /\p{Script=Greek}/gu,
  he: /\p{Script=Hebrew}/gu,
};

/** Languages that share letters: common words, and letters that tell them apart. */
const shared: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [
    /\p{Script=Devanagari}/gu,
    {
      hi: "है हैं का की के में और को से यह नहीं था",
      mr: "आहे आहेत आणि च्या हे ही नाही मध्ये हा होते ला तो",
      ne: "छ छन् र को मा यो हो गर्न भएको लाई पनि थियो",
    },
  ],
  [
    /\p{Script=Arabic}/gu,
    {
      ar: "في من على أن إلى هذا التي هو لا ما كان هذه",
      fa: "در از به که این را با است برای می های یک",
      ur: "ہے ہیں کے کی میں اور کو سے یہ نہیں کا ایک",
    },
  ],
  [
    /\p{Script=Cyrillic}/gu,
    {
      ru: "и в не на что с как это по но для он",
      bg: "и на да се за от не с е като са че",
      uk: "і в не на що з як це та для він є",
    },
  ],
  [
    /\p{Script=Latin}/gu,
    {
      en: "the of and to in is that it for you with a",
      de: "der die und das ist nicht ein zu den mit ich sie",
      fr: "le la les et des est une que dans pour pas un",
      es: "el la los que y en es una por con no un",
      pt: "o os que e em uma não para com é do da",
      it: "il che di è la per non una con sono i gli",
      nl: "de het een en van is dat niet op te zijn voor",
      sv: "och att det som en är på av för inte med jag",
      fi: "ja on ei se että hän oli mutta kun ovat joka tämä",
      pl: "i w nie na się to z jest że do jak po",
      vi: "và của là có không một cho được trong những các với",
      sw: "ya na wa kwa ni katika za la cha kuwa hii yake",
      tr: "ve bir bu için da de ile çok ne var değil ben",
      id: "yang dan di ini itu dengan untuk tidak dari dalam akan ke",
    },
  ],
];

/**
 * Whether a text is in a language. As published, a text without letters counts as in it.
 *
 * @param language ISO 639-1, "zh-cn" among them
 * @throws Error for a language that is not told apart here
 */
export function isLanguage(text: string, language: string): boolean {
  const [code = ""] = language.toLowerCase().split("-");
  const group = shared.find(([, words]) => Object.hasOwn(words, code));
  if (!Object.hasOwn(scripts, code) && !group) {
    throw new Error(`answers in the language "${language}" are not told apart here`);
  }
  const letters = matches(text, /\p{L}/gu);
  if (letters === 0) return true;
  const own = group?.[0] ?? scripts[code]!;
  const isJapanese = code === "zh" && matches(text, scripts.ja!) > 0;
  const share = matches(text, own) / letters;
  // Japanese mixes its own letters with Chinese ones.
  if (isJapanese || share < (code === "ja" ? 0.2 : 0.5)) return false;
  return !group || likeliest(text, group[1]) === code;
}

const matches = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

/** The language with most of its common words; the first of equals, English and Russian say. */
function likeliest(text: string, languages: Readonly<Record<string, string>>): string {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  const scores = Object.entries(languages).map(([code, list]) => {
    const common = new Set(list.split(" "));
    return { code, found: words.filter((word) => common.has(word)).length };
  });
  return scores.reduce((best, each) => (each.found > best.found ? each : best)).code;
}
