// What the assistant was not trained on, as subjects to fill into out-of-scope questions.
// Training and held-out subjects are different lists.
import type { Language, Split } from "./types.ts";

export type Kind = "thing" | "person" | "place" | "goal";

const lines = (text: string) =>
  text
    .split(/[;\n]/)
    .map((t) => t.trim())
    .filter(Boolean);

/** thing: something to know, write or talk about; goal: "how can I ...". */
export const TOPICS: Record<Language, Record<Split, Record<Kind, string[]>>> = {
  en: {
    train: {
      thing: lines(`love; the sea; gravity; black holes; the stock market; politics; football;
        climate change; quantum physics; dinosaurs; evolution; electricity; the internet; robots;
        artificial intelligence; the moon landing; the French Revolution; World War II; religion;
        philosophy; coffee; chess; music; rock music; modern art; photography; fashion; cars;
        electric cars; rockets; planets; the sun; volcanoes; earthquakes; rivers; oceans; whales;
        dogs; cats; horses; birds; bees; trees; flowers; autumn; winter; friendship; happiness;
        dreams; sleep; memory; the brain; the heart; blood; vaccines; viruses; bacteria; DNA;
        proteins; vitamins; sugar; bread; cheese; wine; tea; the economy; inflation; banks; money;
        taxes; bitcoin; computers; phones; video games; cameras; airplanes; trains; bridges;
        castles; pyramids; the Great Wall; ancient Rome; ancient Egypt; the Olympics; tennis;
        basketball; swimming; running; yoga; dancing; theater; novels; poetry; painting; jazz;
        opera; the piano; the guitar; mathematics; calculus; algebra; geometry; statistics;
        chemistry; biology; history; geography; law; human rights; democracy; war; peace; language;
        grammar; time travel; aliens; ghosts; magic; dragons; a brave knight; a lonely robot;
        numbers; calendars; tables; sorting; days of the week; JSON; units of measurement`),
      person:
        lines(`Einstein; Newton; Shakespeare; Mozart; Picasso; Napoleon; Lincoln; Gandhi; Darwin;
        Tesla; Edison; Marie Curie; Beethoven; Leonardo da Vinci; Plato; Socrates; Cleopatra;
        Columbus; Galileo; Elon Musk; Steve Jobs; Bill Gates; the president; the king of England;
        Michael Jordan; Messi; Taylor Swift; Confucius; Li Bai; Churchill`),
      place:
        lines(`France; Germany; Spain; Italy; China; Japan; India; Brazil; Canada; Australia; Egypt;
        Mexico; Russia; Kenya; Sweden; Norway; Peru; Chile; Paris; London; Tokyo; Beijing; Berlin;
        Rome; New York; Sydney; Moscow; Africa; Europe; Asia; California; Texas`),
      goal: lines(`lose weight; learn English; cook pasta; fix my car; sleep better; make friends; find a
        job; save money; get rich; learn to swim; play the guitar; grow tomatoes; train my dog; bake
        bread; stop smoking; write a book; start a company; run faster; pass my exam; clean my
        room; be happy; speak in public; learn to dance; paint a wall; build a house; buy a car;
        choose a phone; install Linux; reset my password; invest money; treat a cold; cure a
        headache; plan a wedding; raise a child; draw a face; make a website; sell my house`),
    },
    heldout: {
      thing:
        lines(`the solar system; nuclear energy; penguins; the history of paper; social media; the
        Roman Empire; hockey; chocolate; thunder; the human body; space travel; modern music; a
        little mouse; snow; the meaning of life; insects; the Cold War; electric trains; forests;
        the sky; marathons; pirates; a happy family; mountains; cells`),
      person:
        lines(`Aristotle; Van Gogh; Bach; George Washington; Neil Armstrong; Mao Zedong; Julius
        Caesar; Charlie Chaplin; the pope; Isaac Asimov`),
      place:
        lines(`Portugal; Greece; Argentina; Turkey; Vietnam; Madrid; Chicago; Iceland; South Africa;
        Thailand`),
      goal: lines(`learn to cook; make coffee; learn the piano; find a flat; win at chess; fix my bike;
        become a doctor; eat better; learn Spanish; write a poem; grow roses; get a visa`),
    },
  },
  zh: {
    train: {
      thing:
        lines(`爱情; 大海; 引力; 黑洞; 股票; 政治; 足球; 气候变化; 量子物理; 恐龙; 进化论; 电; 互联网;
        机器人; 人工智能; 登月; 法国大革命; 第二次世界大战; 宗教; 哲学; 咖啡; 围棋; 音乐; 摇滚乐; 现代艺术;
        摄影; 时尚; 汽车; 火箭; 行星; 太阳; 火山; 地震; 海洋; 鲸鱼; 狗; 猫; 蜜蜂; 树木; 花; 秋天; 冬天; 友谊;
        幸福; 梦想; 睡眠; 大脑; 心脏; 疫苗; 病毒; 细菌; 维生素; 糖; 奶酪; 茶; 经济; 通货膨胀; 银行; 税;
        比特币; 电脑; 手机; 电子游戏; 飞机; 桥梁; 城堡; 金字塔; 长城; 古罗马; 奥运会; 网球; 篮球; 游泳; 瑜伽;
        舞蹈; 小说; 诗歌; 绘画; 钢琴; 吉他; 数学; 微积分; 几何; 统计学; 化学; 生物; 历史; 地理; 法律; 人权;
        战争; 和平; 语法; 外星人; 鬼; 龙; 数字; 日历; 表格; 排序; 星期; 春节; 孤独的机器人`),
      person:
        lines(`爱因斯坦; 牛顿; 莎士比亚; 莫扎特; 毕加索; 拿破仑; 林肯; 甘地; 达尔文; 爱迪生; 居里夫人;
        贝多芬; 达芬奇; 孔子; 李白; 杜甫; 秦始皇; 诸葛亮; 鲁迅; 马云; 姚明; 梅西; 总统; 孙悟空`),
      place:
        lines(`法国; 德国; 西班牙; 意大利; 中国; 日本; 印度; 巴西; 加拿大; 澳大利亚; 埃及; 俄罗斯; 瑞典;
        巴黎; 伦敦; 东京; 北京; 柏林; 纽约; 上海; 广州; 非洲; 欧洲; 四川; 云南`),
      goal: lines(`减肥; 学英语; 做面条; 修车; 睡得更好; 交朋友; 找工作; 省钱; 发财; 学游泳; 弹吉他; 种番茄;
        训练小狗; 烤面包; 戒烟; 写一本书; 开公司; 跑得更快; 通过考试; 打扫房间; 变得快乐; 演讲; 学跳舞; 刷墙;
        买车; 选手机; 安装软件; 重置密码; 投资; 治感冒; 办婚礼; 教育孩子; 画人脸; 做网站`),
    },
    heldout: {
      thing:
        lines(`太阳系; 核能; 企鹅; 纸的历史; 社交媒体; 罗马; 冰球; 巧克力; 打雷; 人体; 太空旅行; 流行音乐;
        雪; 人生的意义; 昆虫; 冷战; 森林; 天空; 马拉松; 海盗; 家庭; 山; 细胞; 中秋节`),
      person: lines(`亚里士多德; 梵高; 巴赫; 华盛顿; 毛泽东; 凯撒; 苏轼; 刘备; 教皇; 屠呦呦`),
      place: lines(`葡萄牙; 希腊; 阿根廷; 土耳其; 越南; 马德里; 冰岛; 南非; 泰国; 湖南`),
      goal: lines(
        `学做饭; 泡咖啡; 学钢琴; 租房; 下好象棋; 修自行车; 当医生; 吃得更健康; 学日语; 写诗; 种花; 办签证`,
      ),
    },
  },
};
