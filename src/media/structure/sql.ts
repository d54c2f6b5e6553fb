/** SQL as a text to learn. */

/**
 * Lower case outside quotes, single blanks, none before commas: the form in which text-to-SQL models
 * of Spider are trained.
 *
 * @see OFA-Sys/OFASys, ofasys/task/spider.py
 * @example normaliseQuery("SELECT  a , b FROM T WHERE c = 'X  y'") // "select a, b from t where c = 'X  y'"
 */
export function normaliseQuery(sql: string): string {
  const parts = sql.match(/'[^']*'|"[^"]*"|[^'"]+|['"]/g) ?? [];
  const plain = parts.map((part) =>
    /^(['"]).*\1$/s.test(part) && part.length > 1
      ? part
      : part.toLowerCase().replace(/\s+/g, " ").replaceAll(" , ", ", "),
  );
  return plain.join("").trim();
}
