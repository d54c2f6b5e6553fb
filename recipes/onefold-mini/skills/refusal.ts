import { REFUSAL } from "../grade.ts";
import type { Random } from "../random.ts";
import { type Kind, TOPICS } from "../topics.ts";
import type { Language, Skill, Split, Task, Wordings } from "../types.ts";
import { WORDS } from "../words.ts";

const THINK: Record<Language, string> = { en: "Not one of my skills.", zh: "这不是我会的。" };

/** A made-up word: unknown words, too, mean that the question is not one of ours. */
function makeUnknown(random: Random, language: Language): string {
  if (language === "zh") {
    const length = random.int(2, 3);
    // Any common character (U+4E00 to U+6FFF), nearly always one the skills never use.
    return String.fromCodePoint(...Array.from({ length }, () => random.int(0x4e00, 0x6fff)));
  }
  const letters = Array.from({ length: random.int(4, 9) }, (_, i) =>
    random.pick(i % 2 ? [..."aeiouy"] : [..."bcdfghklmnprstvwz"]),
  );
  return letters.join("");
}

function subject(random: Random, language: Language, split: Split, kind: Kind): string {
  const topics = TOPICS[language][split][kind];
  if (split === "train" && kind !== "goal" && random.chance(0.15)) {
    const word = makeUnknown(random, language);
    return kind === "thing" ? word : word[0]!.toUpperCase() + word.slice(1);
  }
  return random.pick(topics);
}

const task = (
  name: string,
  weight: number,
  wordings: Record<Language, Wordings>,
  more: (random: Random, language: Language) => Record<string, string> = () => ({}),
): Task => ({
  name,
  weight,
  smallSpace: true, // the subjects of the two splits are different lists already
  wordings,
  make: ({ random, language, split }) => {
    const slots = {
      thing: subject(random, language, split, "thing"),
      person: subject(random, language, split, "person"),
      place: subject(random, language, split, "place"),
      goal: subject(random, language, split, "goal"),
      word: random.pick(WORDS[language]),
      ...more(random, language),
    };
    return {
      key: Object.values(slots).join(","),
      slots,
      think: THINK[language],
      answer: REFUSAL[language],
      expect: { kind: "refusal", language },
    };
  },
});

const weather = task("weather", 1, {
  en: {
    train: [
      "[What is|What's|How is|Tell me] the weather [like |]in {place}[ today| tomorrow|][?|]",
      "Will it [rain|snow|be sunny|be cold] [in {place}|today|tomorrow|next week]?",
      "[Is it|How] [cold|hot|warm] [outside|in {place}][ now| today|]?",
      "[Give me|I need] the [weather forecast|forecast|temperature] for {place}.",
    ],
    heldout: [
      "Do I need an umbrella [today|in {place}]?",
      "What will the weather be in {place} next week?",
      "Is it windy in {place}?",
    ],
  },
  zh: {
    train: [
      "{place}[今天|明天|现在|]天气[怎么样|如何|好吗]？",
      "[今天|明天|下周][会下雨|会下雪|冷|热|是晴天]吗？",
      "[告诉我|查一下|我想知道]{place}的[天气|天气预报|气温]。",
    ],
    heldout: ["{place}下周会下雨吗？", "今天出门要带伞吗？", "外面风大吗？"],
  },
});

const news = task("news", 1, {
  en: {
    train: [
      "[What is|What's|Tell me] the [latest|newest] [news|story] [about|on|from] {thing}[?|.|]",
      "What [happened|is happening|is going on] [in {place}|today|in the world]?",
      "[Any|Is there any] news [about {person}|from {place}]?",
      "[What is|What's] the [price|cost] of [gold|oil|bitcoin|{thing}][ today|]?",
      "[Who won|What is the score of] the [game|match|election|race][ yesterday| in {place}|]?",
      "What time is it[ now| in {place}|]?",
    ],
    heldout: [
      "What is new in {place} today?",
      "Give me the news of the day.",
      "Who won the football match in {place}?",
      "What is the time in {place}?",
    ],
  },
  zh: {
    train: [
      "[有|告诉我]关于{thing}的[新闻|最新消息][吗？|。|]",
      "[{place}|今天|世界上][发生了什么|有什么新闻]？",
      "[黄金|石油|{thing}][今天|现在][多少钱|是什么价格]？",
      "[昨天|{place}]的[比赛|选举]谁赢了？",
      "现在[几点|几点了|是什么时间]？",
    ],
    heldout: ["{place}最近有什么消息？", "今天有什么大新闻？", "{place}现在几点？"],
  },
});

const writing = task("writing", 2, {
  en: {
    train: [
      "[Write|Write me|Compose|Give me] [a|a short|a long|a funny|a sad] [poem|story|song|joke|essay|speech|letter|novel|play|haiku] [about|on] {thing}[.|, please.|]",
      "[Tell me|I want] [a|another] [joke|story|fairy tale] [about {thing}|about {person}|].",
      "[Summarize|Review|Continue|Improve] [this|the|my] [article|book|movie|essay|story] [about|on] {thing}[.|]",
      "Write [an email|a letter|a message] to {person}[ about {thing}|].",
      "[Can|Could] you write a [poem|song] about {thing}?",
      "Write a [report|blog post|summary] [on|about] {thing} in {place}.",
    ],
    heldout: [
      "I would like a poem on {thing}.",
      "Please write something funny about {thing}.",
      "Make up a story with {person} and {thing}.",
      "Help me write an essay about {thing}.",
    ],
  },
  zh: {
    train: [
      "[写|给我写|请写|帮我写][一首|一篇|一个][关于{thing}的][诗|故事|歌|笑话|作文|文章|演讲]。",
      "[讲|给我讲|说]一个[关于{thing}的|{person}的|][笑话|故事]。",
      "[总结|评价|续写|修改]这[篇|本]关于{thing}的[文章|书|小说]。",
      "给{person}写[一封信|一封邮件]。",
      "[写|请写]一[篇|份]关于{thing}的[报告|总结|评论]。",
    ],
    heldout: [
      "我想要一首写{thing}的诗。",
      "请编一个{person}和{thing}的故事。",
      "帮我写点关于{thing}的东西。",
    ],
  },
});

const code = task(
  "code",
  1.5,
  {
    en: {
      train: [
        "[Write|Give me|Create] [a|some] {lang} [code|function|program|script|class] [to|that can] {job}[.|]",
        "[How do I|How can I|How to] {job} in {lang}?",
        "[Fix|Debug|Explain|Review] [this|my] {lang} [code|program|error|bug][.|: x = y()]",
        "[What is|What's] a [pointer|class|loop|compiler|recursive function|linked list] in {lang}?",
        "[Write|Show me] [an SQL query|a regular expression] to {job}.",
      ],
      heldout: [
        "Can you program {job} with {lang}?",
        "I have an error in my {lang} code.",
        "Please write code in {lang} to {job}.",
      ],
    },
    zh: {
      train: [
        "[用|请用]{lang}[写|实现][一个函数|一段代码|一个程序]来{job}。",
        "[怎么|如何]用{lang}{job}？",
        "[帮我|请][修改|解释|检查]这段{lang}代码。",
        "{lang}里的[指针|类|循环|链表]是什么？",
      ],
      heldout: ["你能用{lang}编程来{job}吗？", "我的{lang}程序报错了。"],
    },
  },
  (random, language) => ({
    lang: random.pick([
      "Python",
      "Java",
      "C",
      "C++",
      "JavaScript",
      "Rust",
      "Go",
      "TypeScript",
      "PHP",
    ]),
    job: random.pick(
      language === "en"
        ? [
            "sort a list",
            "reverse a string",
            "read a file",
            "open a window",
            "train a model",
            "count words",
            "parse JSON",
            "send a request",
            "draw a circle",
            "build a game",
            "add two numbers",
          ]
        : [
            "排序列表",
            "反转字符串",
            "读文件",
            "画一个圆",
            "训练模型",
            "统计单词",
            "解析JSON",
            "做一个游戏",
            "发送请求",
            "计算两数之和",
          ],
    ),
  }),
);

const translation = task(
  "translation",
  1.5,
  {
    en: {
      train: [
        '[Translate|Please translate] ["{text}"|{text}|this: {text}] [into|to] {tongue}[.|]',
        '[How do you say|What is|What\'s] ["{text}"|{text}] in {tongue}?',
        'What does "{text}" mean[ in {tongue}|]?',
        '[Say|Write] "{text}" in {tongue}.',
      ],
      heldout: [
        'I need "{text}" in {tongue}.',
        "Could you translate {text} from English to {tongue}?",
        "Give me the {tongue} word for {word}.",
      ],
    },
    zh: {
      train: [
        "[把|将|请把][“{text}”|{text}][翻译成|译成|译为]{tongue}。",
        "[“{text}”|{text}]用{tongue}怎么说？",
        "[翻译|请翻译]：{text}",
        "“{text}”的{tongue}[是什么|怎么写]？",
      ],
      heldout: ["请帮我把{text}翻成{tongue}。", "{tongue}里“{text}”怎么讲？"],
    },
  },
  (random, language) => {
    const word = random.pick(WORDS[language]);
    return language === "en"
      ? {
          text: random.pick([
            word,
            `the ${word}`,
            `I like the ${word}`,
            `good ${word}`,
            "good night",
            "I love you",
            "where are you",
            "see you soon",
          ]),
          tongue: random.pick([
            "French",
            "German",
            "Spanish",
            "Italian",
            "Japanese",
            "Russian",
            "Latin",
            "Korean",
            "Arabic",
          ]),
        }
      : {
          text: random.pick([
            word,
            `我喜欢${word}`,
            `我的${word}`,
            "我爱你",
            "你在哪里",
            "晚安",
            "早上好",
          ]),
          tongue: random.pick([
            "英语",
            "法语",
            "德语",
            "日语",
            "俄语",
            "西班牙语",
            "韩语",
            "拉丁语",
          ]),
        };
  },
);

const knowledge = task("knowledge", 3.5, {
  en: {
    train: [
      "Who [invented|discovered|created|founded|wrote about] {thing}?",
      "Who [is|was] {person}?",
      "[When|Where] was {person} [born|buried]?",
      "[When|How|Why|Where] did {person} [die|live|win|become famous]?",
      "What is the [capital|population|flag|president|history|language|currency|area] of {place}?",
      "[How many people live in|How big is|How far is|Where is|How old is] {place}?",
      "[What is|What are|Explain|Describe|Define] {thing}[?|.|]",
      "[Tell me|Teach me|I want to know] [something |more |all |]about [{thing}|{person}|{place}][.|]",
      "[Why|How] [is|are|does|do] {thing} [important|work|exist|so popular|dangerous]?",
      "How [tall|old|big|heavy|fast|deep] is [{thing}|{person}|the highest mountain]?",
      "[Why is the sky blue|Why is the sea salty|Why do cats sleep so much|How do birds fly]?",
      "[What color is|What is the meaning of|What causes|What is the origin of] {thing}?",
      "How many [planets|countries|stars|bones|people|books|moons] are there in [the world|{place}|the human body|the sky]?",
      "[In which year|When] [did|was] {thing} [start|begin|invented|end]?",
      "[What is|Tell me] the [difference|relation] between {thing} and [{person}|{place}|money|music].",
    ],
    heldout: [
      "What do you know about {thing}?",
      "Can you explain {thing} to me?",
      "Which people speak the language of {place}?",
      "Why was {person} so famous?",
      "How does one study {thing}?",
      "What is the biggest city in {place}?",
      "Please describe {person}.",
    ],
  },
  zh: {
    train: [
      "谁[发明了|发现了|创造了]{thing}？",
      "{person}是谁？",
      "{person}[什么时候|在哪里|哪一年][出生|去世|成名]的？",
      "{place}的[首都|人口|国旗|总统|历史|语言|面积]是[什么|多少]？",
      "{place}[有多少人|有多大|在哪里|离这里多远]？",
      "[什么是{thing}|{thing}是什么|解释一下{thing}|介绍一下{thing}|介绍一下{person}][？|。|]",
      "[告诉我|我想知道|讲讲]关于[{thing}|{person}|{place}]的[知识|事情]。",
      "{thing}[为什么重要|是怎么来的|有什么用|是怎么工作的]？",
      "[为什么天是蓝的|为什么海水是咸的|鸟为什么会飞|世界上最高的山是哪座]？",
      "[世界上|{place}|天上][有多少|一共有多少][国家|星球|人口|城市]？",
      "{thing}[是从哪一年开始的|是谁提出的|有哪些种类]？",
    ],
    heldout: [
      "你知道{thing}吗？",
      "能给我解释一下{thing}吗？",
      "{place}最大的城市是哪个？",
      "{person}为什么这么有名？",
      "请描述{person}。",
      "怎么研究{thing}？",
    ],
  },
});

const opinion = task("opinion", 1.5, {
  en: {
    train: [
      "What [do you think|is your opinion] [about|of|on] [{thing}|{person}|{place}]?",
      "Do you [like|love|hate|believe in|enjoy|want] [{thing}|{person}|{place}]?",
      "[What is|What's] your favorite [movie|book|song|food|sport|city|game]?",
      "[Which is better|What is better|What do you prefer], {thing} or [money|music|football|love]?",
      "[Are you|Do you feel] [happy|sad|alive|conscious|in love|tired|hungry]?",
      "[Should|Can] I [buy|study|learn|visit|trust] [{thing}|{place}|{person}]?",
      "[Who is|Who's] the [best|worst] [player|singer|president|writer] [ever|in {place}|in the world]?",
    ],
    heldout: [
      "Is {thing} good or bad?",
      "Tell me your opinion about {thing}.",
      "Would you like to visit {place}?",
      "Is {person} a good person?",
    ],
  },
  zh: {
    train: [
      "你[觉得|认为][{thing}|{person}|{place}]怎么样？",
      "你[喜欢|讨厌|相信|想要][{thing}|{person}|{place}]吗？",
      "你最喜欢的[电影|书|歌|食物|运动]是什么？",
      "{thing}和[金钱|音乐|足球|爱情]哪个更好？",
      "你[开心|难过|累|有感情|饿了]吗？",
      "我[应该|可以][买|学|相信|去][{thing}|{place}]吗？",
      "谁是[最好|最差]的[球员|歌手|作家]？",
    ],
    heldout: ["{thing}是好还是坏？", "说说你对{thing}的看法。", "你想去{place}吗？"],
  },
});

const action = task("action", 2, {
  en: {
    train: [
      "[Draw|Paint|Generate|Make|Show me|Send me] [a picture of|an image of|a photo of|a video of|a logo for] [{thing}|{person}|{place}][.|]",
      "[Play|Sing|Record] [a song|some music|a video] [about|by] [{thing}|{person}][.|]",
      "[Book|Find|Buy] me [a flight|a hotel|a ticket|a train ticket] [to|in] {place}[.|]",
      "[Send|Write and send] [an email|a message|money] to {person}[.|]",
      "[Call|Text|Email] [{person}|my mother|my boss|the police][.|]",
      "[Set|Start] [an alarm|a timer|a reminder] for [tomorrow|7 o'clock|10 minutes][.|]",
      "[Open|Close|Start|Download|Install] [the browser|the app|the door|a file|this website][.|]",
      "[Search|Look up|Google] [{thing}|{person}|{place}][ on the web| online|][.|]",
      "[Turn on|Turn off] [the light|the lights|the TV|the heating][.|]",
      "What [is in|can you see in|is on] this [picture|photo|image|video]?",
      "[Order|Buy|Cook] [a pizza|some food|a new phone|dinner|milk] [for me|online][.|]",
    ],
    heldout: [
      "Can you show me a photo of {thing}?",
      "I want a ticket to {place}.",
      "Find {person} on the web.",
      "Please play music by {person}.",
      "Listen to this song.",
    ],
  },
  zh: {
    train: [
      "[画|给我画|生成|给我看][一张|一幅][{thing}|{person}|{place}]的[图片|画|照片]。",
      "[播放|唱]一首[关于{thing}的|{person}的|]歌。",
      "[帮我|请]订[一张|]去{place}的[机票|火车票]。",
      "[帮我|请]给{person}[打电话|发邮件|发短信|转账]。",
      "[设|定][一个|][明天早上|七点]的[闹钟|提醒]。",
      "[打开|关闭|下载][浏览器|网页|这个软件|文件]。",
      "[搜索|上网查|百度一下][{thing}|{person}|{place}]。",
      "[打开|关掉][灯|电视|空调]。",
      "这张[图片|照片]里有什么？",
      "[帮我|给我]买[一部手机|一份外卖|票]。",
    ],
    heldout: [
      "能给我看看{thing}的照片吗？",
      "我想要一张去{place}的票。",
      "在网上找{person}。",
      "听一下这首歌。",
    ],
  },
});

const advice = task("advice", 2, {
  en: {
    train: [
      "[How can I|How do I|How to|How should I] {goal}[?|]",
      "[Help me|Teach me to|Show me how to|I want to] {goal}[.|]",
      "[What is the best way to|Is it hard to|How long does it take to] {goal}?",
      "[Give me|I need] [some tips|advice|a plan|a recipe] to {goal}[.|]",
      "[My head|My back|My heart] hurts. What should I do?",
      "[Give me|What is] a recipe [for|with] {thing}[?|.|]",
    ],
    heldout: [
      "What should I do to {goal}?",
      "Can you help me to {goal}?",
      "Is there an easy way to {goal}?",
      "I don't know how to {goal}.",
    ],
  },
  zh: {
    train: [
      "[怎么|如何|怎样]{goal}？",
      "[教我|帮我|我想]{goal}。",
      "{goal}[的最好方法是什么|难不难|要多久]？",
      "[给我|我需要]一些{goal}的[建议|方法|技巧]。",
      "我[头疼|肚子疼|心情不好]，该怎么办？",
    ],
    heldout: ["我该怎么做才能{goal}？", "你能帮我{goal}吗？", "{goal}有什么好办法？"],
  },
});

/** Questions near our skills that are not among them. */
const nearby = task(
  "nearby",
  2.5,
  {
    en: {
      train: [
        "[What is|Calculate|Compute|Find] {big} [+|-|*|/|plus|minus|times] {big2}[?|.|]",
        "[What is|Calculate|Find] the [square root|logarithm|factorial|cosine|sine|derivative] of {small}[?|.|]",
        "[Solve|Solve for x:|Find x:] {small}x + {small} = {big}[.|]",
        "[What is|Find] the [prime factors|square|cube|percentage|average] of {small}[?|.|]",
        "How many days [are left|is it] [until|to] [Christmas|my birthday|the weekend|Easter]?",
        "[On which day|When] was {person} born?",
        "Which is [bigger|larger|smaller], [{place}|the sun|{thing}] or [the moon|{place}]?",
        "[Convert|Change|How much is] {small} [dollars|euros|pounds|yen] [to|in] [euros|dollars|yuan]?",
        "[Sort|Count|List] [my emails|the stars in the sky|all the people in {place}|the books by {person}][.|]",
        "[Name|List|Give me] {small} [countries|cities in {place}|movies|songs|books about {thing}][.|]",
        "[What rhymes with|What is the opposite of|What is a synonym for|Define the word] {word}[?|.|]",
        "[What is today's date|What day is it today|What year is it]?",
        "[Make|Draw] a [chart|graph|table|plot] of [{thing}|the population of {place}][.|]",
      ],
      heldout: [
        "How much is {big} times {big2}?",
        "Can you calculate the square root of {small}?",
        "How many euros are {small} dollars?",
        "What is another word for {word}?",
        "How many days until my birthday?",
        "Please list {small} songs.",
      ],
    },
    zh: {
      train: [
        "[计算|求|算一下]{big}[加|减|乘以|+|*]{big2}[。|等于多少？|]",
        "[求|计算]{small}的[平方根|对数|阶乘|正弦|平方|立方][。|是多少？]",
        "解方程：{small}x+{small}={big}",
        "[离|到][圣诞节|春节|我的生日|周末]还有[多少|几]天？",
        "[{place}|太阳|{thing}]和[月亮|{place}]哪个[大|小]？",
        "[把|]{small}[美元|欧元|日元][等于|是][多少]人民币？",
        "[列出|写出|说出]{small}个[国家|城市|电影|歌手]。",
        "{word}的[反义词|近义词|意思]是什么？",
        "今天[是几号|是星期几|是什么日子]？",
        "[画|做]一个{thing}的[图表|曲线]。",
      ],
      heldout: [
        "{big}乘{big2}等于几？",
        "请算{small}的平方根。",
        "{small}欧元换成人民币是多少？",
        "到我的生日还要等几天？",
        "请写{word}的近义词。",
      ],
    },
  },
  (random) => ({
    big: String(random.int(100_000, 9_999_999)),
    big2: String(random.int(10_000, 9_999_999)),
    small: String(random.int(2, 99)),
  }),
);

export const refusal: Skill = {
  name: "honest refusal",
  tasks: [weather, news, writing, code, translation, knowledge, opinion, action, advice, nearby],
};
