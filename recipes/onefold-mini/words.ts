// The words the questions are made of. Small on purpose: a 5 M-parameter model has to learn how
// each one is spelled. English words have 3 to 8 letters, all lower case.
import type { Random } from "./random.ts";
import type { Language } from "./types.ts";

const list = (text: string) => text.trim().split(/\s+/);

export interface Category {
  name: Record<Language, string>;
  members: Record<Language, string[]>;
}

export const CATEGORIES: Category[] = [
  {
    name: { en: "animals", zh: "动物" },
    members: {
      en: list("cat dog bird fish horse cow pig sheep duck lion tiger bear wolf fox frog mouse"),
      zh: list("小猫 小狗 老虎 狮子 兔子 猴子"),
    },
  },
  {
    name: { en: "fruits", zh: "水果" },
    members: {
      en: list("apple pear banana lemon grape peach cherry mango melon plum"),
      zh: list("苹果 香蕉 西瓜 葡萄 桃子"),
    },
  },
  {
    name: { en: "colors", zh: "颜色" },
    members: {
      en: list("red blue green yellow black white brown pink purple"),
      zh: list("红色 蓝色 绿色 黄色 白色 黑色"),
    },
  },
];

const OBJECTS = list(`book pen chair table lamp door window cup plate spoon fork knife box bag key
  clock phone coin ring hat coat shirt shoe sock ball kite drum bell boat car bus train bike road`);
const OTHERS = list(`sun moon star rain snow wind cloud river lake sea hill rock sand tree leaf
  flower grass seed bread cake milk water tea rice soup egg salt sugar butter cheese house school
  park shop farm garden city town bridge tower music paper stone glass gold silver wood iron king
  queen nurse doctor teacher farmer summer winter spring morning night`);

/** Words for spelling, sorting, counting. */
export const WORDS: Record<Language, string[]> = {
  en: [...CATEGORIES.flatMap((c) => c.members.en), ...OBJECTS, ...OTHERS],
  zh: [
    ...CATEGORIES.flatMap((c) => c.members.zh),
    ...list(`桌子 椅子 书包 铅笔 杯子 手机 电脑 汽车 火车 飞机 学校 公园 医院 商店 太阳 月亮
      星星 白云 大海 老师 学生 医生 朋友 面包 牛奶 鸡蛋 米饭 春天 夏天 秋天 冬天`),
  ],
};

/** Things one can have several of, in the plural where the language has one. */
export const THINGS: Record<Language, string[]> = {
  en: list("apples books pens eggs cups coins balls keys cakes stars"),
  zh: list("苹果 铅笔 鸡蛋 杯子 香蕉 桃子 椅子 面包"),
};

const NAMES: Record<Language, string[]> = {
  en: list(`Tom Ann Bob Amy Sam Lily Jack Lucy Ben Emma Leo Mia Max Nina Paul Rose Dan Kate Tim
    Ella`),
  zh: list("小明 小红 小华 小李 小王 小张 小刚 小丽 小芳 小林"),
};

export const CITIES: Record<Language, string[]> = {
  en: list("Paris London Rome Berlin Tokyo Beijing Madrid Oslo Cairo Lima"),
  zh: list("北京 上海 广州 深圳 杭州 南京 成都 武汉 西安 天津"),
};

const ONSETS = list("B D F G K L M N P R S T V Z Ch Sh");
const RIMES = list("a e i o u an el in or ia");
const SURNAMES = list("王 李 张 刘 陈 林 周 吴");
const GIVEN = list("明 红 华 丽 芳 刚 伟 美 天 文 海 春 云 月 星 子 学");

/** A well-known name, or a made-up one so that copying is learned rather than a list. */
export function makeName(random: Random, language: Language): string {
  if (random.chance(0.5)) return random.pick(NAMES[language]);
  if (language === "zh")
    return random.pick(SURNAMES) + random.sample(GIVEN, random.int(1, 2)).join("");
  const syllable = () => random.pick(ONSETS) + random.pick(RIMES);
  return (
    syllable() +
    Array.from({ length: random.int(1, 2) }, syllable)
      .join("")
      .toLowerCase()
  );
}

/** `count` different names. */
export function makeNames(random: Random, language: Language, count: number): string[] {
  const names = new Set<string>();
  while (names.size < count) names.add(makeName(random, language));
  return [...names];
}

export const YES: Record<Language, string> = { en: "Yes", zh: "是" };
export const NO: Record<Language, string> = { en: "No", zh: "不是" };
