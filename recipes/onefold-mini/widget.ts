/** What cards suggest to ask, in their metadata: the studio shows it before the first message. */
export const widget = `widget:
- text: What is 347 + 285?
- text: Which is larger, 9.9 or 9.11?
- text: "Sort these numbers: 42, 7, 19, 88"
- text: What day is 10 days after Monday?
- text: "Write this as JSON: name is Ann, age is 7."
- text: Name two fruits as a numbered list.
- text: Write 4071 in words.
- text: 把3582写成中文数字。`;
