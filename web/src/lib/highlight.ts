// SQL as coloured pieces. Not a parser: good enough to see where a string ends.
const WORDS = new Set(("select from where group by order having limit offset join left right full inner outer cross on using and or not in is null as distinct case when then else end with union all "
  + "except intersect between like ilike asc desc nulls first last filter over partition window rows range values cast exists interval date timestamp true false qualify exclude replace describe summarize pivot unpivot").split(" "));
const TOKEN = /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'?)|(\b\d+(?:\.\d+)?\b)|([A-Za-z_][A-Za-z_0-9]*)|([\s\S])/g;

export interface Piece {
  text: string;
  kind: "" | "kw" | "str" | "num" | "com";
}
export function highlight(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const [whole, comment, string, number, word] of text.matchAll(TOKEN)) {
    const kind = comment ? "com" : string ? "str" : number ? "num" : word && WORDS.has(word.toLowerCase()) ? "kw" : "";
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += whole;
    else pieces.push({ text: whole, kind });
  }
  return pieces;
}
export const keywords = () => [...WORDS];
