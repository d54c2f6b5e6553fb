/**
 * What a model reads while its activations are observed, where no other text is given: prose,
 * code, numbers, lists, other languages, and turns of a conversation as Qwen's templates mark them.
 */

export const calibrationText = `The river rises in a bog north of the village, turns west below
the mill, and reaches the sea after ninety kilometres. In spring, when the snow melts, it carries
sand and gravel down to the delta; in late summer it is hardly more than a row of pools. Farmers
along its banks have measured its level since 1822, and their tables show two things: floods have
become rarer since the forest was planted, and droughts have become longer.
<|im_start|>user
What is 48 + 75? Answer with the number only.<|im_end|>
<|im_start|>assistant
<think>
48 + 75: 8 + 5 = 13, write 3, carry 1; 4 + 7 + 1 = 12. So 123.
</think>

123<|im_end|>
<|im_start|>user
Sort these words by length: apricot, fig, banana, plum.<|im_end|>
<|im_start|>assistant
fig, plum, banana, apricot<|im_end|>
import { readFile } from "node:fs/promises";

export async function countWords(path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const text = await readFile(path, "utf8");
  for (const word of text.toLowerCase().match(/[a-z']+/g) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a

| city | inhabitants | founded |
| --- | ---: | --- |
| Arles | 52,548 | 6th century BC |
| Turku | 197,900 | 1229 |

{"order": 1187, "items": [{"name": "lamp", "price": 24.5, "count": 2}], "paid": true}
<|im_start|>user
请把“明天下午三点开会”翻译成英文。<|im_end|>
<|im_start|>assistant
The meeting is at three o'clock tomorrow afternoon.<|im_end|>
<|im_start|>user
Which day is it three days after Friday? And convert 2.5 km to metres.<|im_end|>
<|im_start|>assistant
<think>

</think>

Three days after Friday it is Monday. 2.5 km are 2,500 m.<|im_end|>
Der Zug nach Basel hat heute zwanzig Minuten Verspätung. Le train pour Lyon part du quai numéro
quatre. 今天天气很好，我们去公园散步吧。 Mañana iremos al mercado a comprar naranjas y pan.

Theorem. There are infinitely many primes. Proof. Let p be prime and N = p! + 1. No number from 2
to p divides N, so every prime factor of N is larger than p. Hence no prime is the largest one.

Dear Ms Okafor, thank you for your letter of 14 March. We are sorry that the second parcel did not
arrive; a replacement was sent this morning and should reach you within three working days. Please
keep this message as your receipt. Kind regards, the service team
`;
