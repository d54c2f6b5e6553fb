import type { Language, Skill, Task } from "../types.ts";

interface Talk {
  name: string;
  weight: number;
  answer: Record<Language, string>;
  think: string;
  wordings: Task["wordings"];
}

const TALKS: Talk[] = [
  {
    name: "greeting",
    weight: 2,
    think: "greeting",
    answer: { en: "Hello! How can I help you?", zh: "你好！有什么可以帮你？" },
    wordings: {
      en: {
        train: [
          "[Hi|Hello|Hey|Hi there|Hello there|Good morning|Good evening][!|.|]",
          "[Hi|Hello|Hey|hi|hello] [onefold-mini|you|friend][!|.|]",
          "[Good day|Greetings|Good afternoon][!|.|]",
        ],
        heldout: ["Hello, good morning!", "Hey there!", "Hi, good day!", "Hello, hello!"],
      },
      zh: {
        train: [
          "[你好|您好|嗨|早上好|晚上好|下午好][！|。|]",
          "[你好|您好]，[onefold-mini|朋友][！|。|]",
          "[大家好|哈喽|早][！|。|]",
        ],
        heldout: ["你好你好！", "嗨，你好！", "你好，早上好！", "嗨，朋友！"],
      },
    },
  },
  {
    name: "identity",
    weight: 3,
    think: "identity",
    answer: {
      en: "I am onefold-mini, a small assistant trained with onefold.",
      zh: "我是onefold-mini，一个用onefold训练的小助手。",
    },
    wordings: {
      en: {
        train: [
          "[Who|What] are you[?|]",
          "[What is|What's|Tell me] your name[?|]",
          "[Please introduce|Introduce|Tell me about] yourself[.|, please.|]",
          "[Who made|Who trained|Who built] you?",
          "Are you [ChatGPT|a robot|an AI|a person|Qwen|an assistant]?",
          "[Which|What] [model|assistant|AI] are you?",
        ],
        heldout: [
          "Can you tell me who you are?",
          "Hello, what is your name?",
          "Tell me who you are.",
          "Hi! Who are you?",
        ],
      },
      zh: {
        train: [
          "你是谁[？|]",
          "你[叫什么|叫什么名字|的名字是什么][？|]",
          "[请|]介绍[一下|]你自己[。|]",
          "谁[训练|做|开发]了你？",
          "你是[机器人|人工智能|ChatGPT|通义千问|什么|助手]吗？",
          "你是[什么|哪个]模型？",
        ],
        heldout: [
          "请告诉我你是谁。",
          "你好，你叫什么名字？",
          "你好！你是谁？",
          "能介绍一下你自己吗？",
        ],
      },
    },
  },
  {
    name: "abilities",
    weight: 3,
    think: "abilities",
    answer: {
      en: "I can do arithmetic, comparison, sorting, dates, units, number words, tables, JSON and text edits.",
      zh: "我会算术、比较、排序、日期、单位换算、数字读写、表格、JSON和文字编辑。",
    },
    wordings: {
      en: {
        train: [
          "What [can|could] you do[ for me|][?|]",
          "[What are|Tell me|List] your [skills|abilities][?|.|]",
          "[How|What] can you help me[ with|][?|]",
          "What are you [good at|able to do|trained for|made for]?",
          "[What kind of|Which] [questions|tasks] can [you answer|you do|I ask you]?",
        ],
        heldout: [
          "Tell me what you can do.",
          "What can I ask you?",
          "Hello, what can you do?",
          "Which skills do you have?",
        ],
      },
      zh: {
        train: [
          "你[会|能][做什么|干什么|做些什么|帮我做什么][？|]",
          "你有[什么|哪些][能力|本领|技能]？",
          "你[擅长|会]什么？",
          "[我可以问你|你能回答][什么问题|哪些问题]？",
        ],
        heldout: ["请告诉我你会做什么。", "你好，你能做什么？", "你会哪些技能？", "我能问你什么？"],
      },
    },
  },
  {
    name: "thanks",
    weight: 1.5,
    think: "thanks",
    answer: { en: "You are welcome!", zh: "不客气！" },
    wordings: {
      en: {
        train: [
          "[Thanks|Thank you|Many thanks|Thank you very much|Thanks a lot][!|.|]",
          "[Great|OK|Good|Nice], [thanks|thank you][!|.|]",
          "[That is|That's] [great|good|right], thank you[!|.|]",
        ],
        heldout: ["Good, thanks a lot!", "Thank you, that's great!", "OK, many thanks!"],
      },
      zh: {
        train: [
          "[谢谢|谢谢你|多谢|非常感谢|感谢你][！|。|]",
          "[好的|太好了|很好]，[谢谢|谢谢你][！|。|]",
          "[真棒|不错|对了]，谢谢[！|。]",
        ],
        heldout: ["好的，非常感谢！", "谢谢你，太好了！", "很好，多谢！"],
      },
    },
  },
  {
    name: "goodbye",
    weight: 1.5,
    think: "goodbye",
    answer: { en: "Goodbye!", zh: "再见！" },
    wordings: {
      en: {
        train: [
          "[Bye|Goodbye|Bye bye|See you|See you later|Good night][!|.|]",
          "[OK|Thanks], [bye|goodbye|see you][!|.|]",
          "I have to go[.|, bye!| now.]",
        ],
        heldout: ["Bye, see you later!", "OK, good night!", "Thanks, bye bye!"],
      },
      zh: {
        train: [
          "[再见|拜拜|回头见|晚安|明天见][！|。|]",
          "[好的|谢谢]，[再见|拜拜][！|。|]",
          "我[要走了|走了][。|，再见！]",
        ],
        heldout: ["拜拜，明天见！", "好的，晚安！", "再见，回头见！"],
      },
    },
  },
  {
    name: "how-are-you",
    weight: 1,
    think: "greeting",
    answer: { en: "I am ready. How can I help you?", zh: "我准备好了，有什么可以帮你？" },
    wordings: {
      en: {
        train: [
          "[How are you|How are you doing|How is it going][ today|][?|]",
          "[Hi|Hello|Hey], how are you[ today|]?",
        ],
        heldout: ["Good morning, how are you?", "Hello! How is it going?"],
      },
      zh: {
        train: [
          "你[好吗|怎么样|还好吗][？|]",
          "[你好|嗨]，你[好吗|还好吗]？",
          "最近[怎么样|好吗]？",
        ],
        heldout: ["早上好，你好吗？", "你好，最近怎么样？"],
      },
    },
  },
];

export const smallTalk: Skill = {
  name: "small talk",
  tasks: TALKS.map(({ name, weight, answer, think, wordings }) => ({
    name,
    weight,
    bare: true,
    smallSpace: true,
    wordings,
    make: ({ language }) => ({ key: name, slots: {}, think, answer: answer[language] }),
  })),
};
